import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { expect, test } from 'vitest';
import { api, type Reply } from '../../lib/http/api.ts';

const context = { awsRequestId: 'r', getRemainingTimeInMillis: () => 29_000 } as Context;

const call = (method: string, route: () => Promise<Reply>) =>
  api(route)({ headers: {}, requestContext: { http: { method } } } as unknown as APIGatewayProxyEventV2, context);

test.each([
  ['JSON', 'GET', async () => ({ status: 200, body: {} })],
  ['no body', 'DELETE', async () => ({ status: 204 })],
  ['a text', 'GET', async () => ({ status: 200, text: 'BEGIN', headers: { 'content-type': 'text/calendar' } })],
  ['the headers alone', 'HEAD', async () => ({ status: 200, body: {} })],
  ['a failure', 'GET', () => Promise.reject(new Error('a bug'))],
])('an answer with %s keeps browsers to https, and from guessing its type', async (_what, method, route) => {
  expect((await call(method, route)).headers).toMatchObject({
    'strict-transport-security': 'max-age=31536000',
    'x-content-type-options': 'nosniff',
  });
});
