import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { expect, test } from 'vitest';
import { publicOrigin } from '../../lib/http/public-origin.ts';

const event = {
  headers: { host: 'evil.example', 'x-forwarded-host': 'evil.example' },
  requestContext: { domainName: 'abc123.execute-api.eu-west-1.amazonaws.com' },
} as unknown as APIGatewayProxyEventV2;

test.each([
  [undefined, 'https://abc123.execute-api.eu-west-1.amazonaws.com'],
  ['', 'https://abc123.execute-api.eu-west-1.amazonaws.com'],
  ['https://api.example.com/', 'https://api.example.com'],
  ['http://127.0.0.1:3000', 'http://127.0.0.1:3000'],
])('with PUBLIC_URL %j the API is at %s', (PUBLIC_URL, origin) => {
  expect(publicOrigin({ PUBLIC_URL }, event)).toBe(origin);
});

test('a PUBLIC_URL that is no URL fails with its name', () => {
  expect(() => publicOrigin({ PUBLIC_URL: 'api.example.com' }, event)).toThrow('configuration: PUBLIC_URL');
});
