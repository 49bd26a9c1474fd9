import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectProblem } from '../support/stories/api-client.ts';
import { startWorld, type World } from '../support/stories/world.ts';

/* An installation for invited members. */

let world: World;
beforeAll(async () => {
  world = await startWorld({}, { ALLOWED_EMAILS: '@example.com, Friend@Elsewhere.example' });
});
afterAll(() => world.stop());

const loginsOf = (email: string) => world.simulator.record.logins.filter((login) => login.email === email);

test('a stranger is refused as often as they try, and AimHarder has seen nothing', async () => {
  const stranger = { ...world.member(), email: 'stranger@elsewhere.example' };

  for (let attempt = 1; attempt <= 7; attempt += 1)
    expectProblem(await world.api.post('/v1/login', stranger), 403, 'not-invited');

  expect(loginsOf(stranger.email)).toEqual([]);
});

test('a member of an invited domain, and a member who is invited by name, log in', async () => {
  const friend = { ...world.member(), email: 'friend@elsewhere.example' };

  expect((await world.api.post('/v1/login', world.member())).status).toBe(200);
  expect((await world.api.post('/v1/login', friend)).status).toBe(200);
});

test('an address of a subdomain of an invited domain is a stranger’s', async () => {
  const login = { email: 'ana@mail.example.com', password: 'x' };

  expectProblem(await world.api.post('/v1/login', login), 403, 'not-invited');
});
