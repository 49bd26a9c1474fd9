import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { expect, test } from 'vitest';
import * as z from 'zod/mini';
import { decode, requestSchema } from '../../lib/http/decode.ts';
import { BoxLabel, Day, Email, InstantField } from '../../lib/http/fields.ts';
import { LoginBody } from '../../lib/sessions/session-api.ts';

const withBody = (body: string, isBase64Encoded = false) => ({ body, isBase64Encoded }) as APIGatewayProxyEventV2;
const Login = requestSchema({ body: LoginBody });
const login = { email: 'ada@example.com', password: 'correct horse' };

test('an e-mail is trimmed and lower-cased', () => {
  const { body } = decode(withBody(JSON.stringify({ ...login, email: ' Ada@Example.COM ' })), Login);

  expect(body.email).toBe('ada@example.com');
});

test('a body that arrives in base64 is read', () => {
  const body = Buffer.from(JSON.stringify(login)).toString('base64');

  expect(decode(withBody(body, true), Login).body).toEqual(login);
});

test.each([
  ['malformed JSON', '{"email":', 'The body is not valid JSON.'],
  ['no body', '', 'body.email: an e-mail address; body.password: a password'],
  ['null', 'null', 'body: Invalid input'],
  ['a list', '[]', 'body: Invalid input'],
  ['a wrong type', JSON.stringify({ ...login, email: 7 }), 'body.email: an e-mail address'],
  ['an unknown field', JSON.stringify({ ...login, admin: true }), 'body: unknown "admin"'],
  ['an empty password', JSON.stringify({ ...login, password: '' }), 'body.password: a password'],
  ['a background fingerprint', JSON.stringify({ ...login, fingerprint: 'bg-1234567890' }), 'body.fingerprint: 8 to 64'],
])('%s is refused, and the fault is named', (_name, body, message) => {
  expect(() => decode(withBody(body), Login)).toThrow(
    expect.objectContaining({ code: 'invalid-request', message: expect.stringContaining(message) }),
  );
});

test('a route without fields accepts only an empty request, and names each field that it refuses', () => {
  const Bare = requestSchema({});

  expect(decode(withBody(''), Bare)).toEqual({ path: {}, query: {}, body: {} });
  expect(() => decode({ ...withBody('{"a":1}'), queryStringParameters: { b: '2' } }, Bare)).toThrow(
    expect.objectContaining({ code: 'invalid-request', message: 'query: unknown "b"; body: unknown "a"' }),
  );
});

test('a part that is null counts as absent, because function URLs and other gateways send null', () => {
  const event = { ...withBody(''), body: null, pathParameters: null, queryStringParameters: null };
  const decoded = decode(event as unknown as APIGatewayProxyEventV2, requestSchema({}));

  expect(decoded).toEqual({ path: {}, query: {}, body: {} });
});

test('a refusal never repeats what was sent', () => {
  const body = JSON.stringify({ email: 'not-an-address-s3cret', password: 's3cret'.repeat(100) });

  expect(() => decode(withBody(body), Login)).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining('s3cret') }),
  );
});

test('a body over 64 kB is refused as too large, in any encoding', () => {
  const large = JSON.stringify({ ...login, password: 'x'.repeat(64_000) });

  expect(() => decode(withBody(large), Login)).toThrow(expect.objectContaining({ code: 'payload-too-large' }));
  expect(() => decode(withBody(Buffer.from(large).toString('base64'), true), Login)).toThrow(
    expect.objectContaining({ code: 'payload-too-large' }),
  );
});

const accepts = (schema: z.core.$ZodType, value: unknown) => z.safeParse(schema, value).success;

test.each([
  '127.0.0.1',
  'evil.com/',
  'a.b',
  '..',
  '.',
  '%2e',
  'a%2eb',
  '',
  '-a',
  'a-',
  'A',
  'a_b',
  'a b',
  'a@b',
  'a:80',
  'á',
  'x'.repeat(64),
  7,
  null,
])('box %j is refused', (box) => expect(accepts(BoxLabel, box)).toBe(false));

test.each(['a', 'crossfit-demo', '9nbc', 'x'.repeat(63)])('box %j is accepted', (box) =>
  expect(accepts(BoxLabel, box)).toBe(true),
);

test.each(['2026-02-30', '2026-13-01', '20260101', '2026-1-1', '2026-01-01T00:00:00Z', '', 20260101])(
  'day %j is refused',
  (day) => expect(accepts(Day, day)).toBe(false),
);

test.each([
  ['2026-03-27T19:30:00Z', Date.UTC(2026, 2, 27, 19, 30)],
  ['2026-03-27T19:30:00.250Z', Date.UTC(2026, 2, 27, 19, 30, 0, 250)],
  ['2026-03-27T20:30:00+01:00', Date.UTC(2026, 2, 27, 19, 30)],
])('%s is an instant', (iso, expected) => expect(z.parse(InstantField, iso)).toBe(expected));

test.each([
  '2026-03-27',
  '2026-03-27T19:30:00',
  '2026-02-30T10:00:00Z',
  '2026-03-27T25:00:00Z',
  '1774640000000',
  1_774_640_000_000,
])('%j is no instant with an offset', (iso) => expect(accepts(InstantField, iso)).toBe(false));

test('an e-mail address that is too long is refused before any pattern is matched', () => {
  const { error } = z.safeParse(Email, `a@${'.'.repeat(63_000)}@`);

  expect(error?.issues.map(({ code }) => code)).toEqual(['too_big']);
});

test.each(['a@b', 'a@b..c', 'a b@example.com', '@example.com', `${'x'.repeat(250)}@example.com`, 'none'])(
  '%j is no e-mail address',
  (email) => expect(accepts(Email, email)).toBe(false),
);
