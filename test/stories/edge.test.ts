import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectProblem } from '../support/stories/api-client.ts';
import { startWorld, type World } from '../support/stories/world.ts';

/** What every route does before anything else. */
let world: World;
beforeAll(async () => {
  world = await startWorld();
  // The wheel's own item is in the table of the sessions.
  await world.stack.invoke('refresh-tokens', { scheduledTime: '2020-01-01T00:00:00Z' });
});
afterAll(() => world.stop());

const forged = (key: readonly string[]) => Buffer.from(JSON.stringify(key)).toString('base64url');

test.each([
  ['no token', {}],
  ['a stated e-mail', { 'x-user-email': 'demo@example.com' }],
  ['another scheme', { authorization: 'Basic ZGVtbzpkZW1v' }],
  [
    'an invented token',
    {
      authorization: `Bearer otd_${forged(['demo@example.com', 'phone-12345'])}.${'A'.repeat(43)}`,
    },
  ],
  ['the refresh’s own item', { authorization: `Bearer otd_${forged(['#refresh', 'cursor'])}.${'A'.repeat(43)}` }],
  ['no fingerprint', { authorization: `Bearer otd_${forged(['demo@example.com', ''])}.${'A'.repeat(43)}` }],
  ['rubbish', { authorization: 'Bearer x' }],
])('%s is nobody', async (_name, headers) => {
  const answer = await world.api.call('GET', '/v1/sessions', undefined, headers);

  expectProblem(answer, 401, 'unauthenticated');
  expect(answer.headers.get('www-authenticate')).toBe('Bearer');
});

test.each([
  ['malformed JSON', '{"email":', 400, 'invalid-request'],
  ['a wrong type', { email: 1, password: [] }, 400, 'invalid-request'],
  ['an unknown field', { email: 'a@example.com', password: 'x', admin: true }, 400, 'invalid-request'],
  ['100 kB', { email: 'a@example.com', password: 'x'.repeat(100_000) }, 413, 'payload-too-large'],
])('%s is refused', async (_name, body, status, code) => {
  expectProblem(await world.api.post('/v1/login', body), status, code);
});

test('11 MB are refused', async () => {
  expect((await world.api.post('/v1/login', 'x'.repeat(11_000_000))).status).toBe(413);
});

test('an unknown route is not found', async () => {
  expectProblem(await world.api.get('/v1/nothing'), 404, 'not-found');
});

test('health is there for everybody', async () => {
  expect((await world.api.get('/v1/health')).status).toBe(200);
});
