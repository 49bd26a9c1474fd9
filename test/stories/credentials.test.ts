import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inSixDays, plan } from '../support/routines/weekly.ts';
import { type Json, untilAnswered } from '../support/stories/api-client.ts';
import { AHEAD, startWorld, type World } from '../support/stories/world.ts';

let world: World;
let dying: Awaited<ReturnType<typeof newMember>> & { readonly prebookingId: string };
/** A session dies before an opening, and is healed while that is prepared. Meanwhile the wheel turns for other members. */
beforeAll(async () => {
  world = await startWorld();
  const member = await newMember(true);
  const wanted = await world.addClass({ opensInMs: AHEAD });
  const ordered = await untilAnswered(() => member.phone.post('/v1/prebookings', wanted));
  dying = { ...member, prebookingId: String((ordered.body['prebooking'] as Json)['id']) };
  await member.kill();
  await world.skipTo(wanted.opensAt, 13_000);
  await world.logged('relogin-succeeded', {});
});
afterAll(() => world.stop());

async function newMember(keepCredentials: boolean | undefined) {
  const member = world.member();
  const login = {
    ...member,
    fingerprint: 'phone-12345',
    ...(keepCredentials !== undefined && { keepCredentials }),
  };
  const answer = await untilAnswered(() => world.api.post('/v1/login', login));
  const kill = async () =>
    world.simulator.endSession({
      email: member.email,
      fingerprint: (await world.backgroundSessionOf(member.email))?.fingerprint,
    });
  return { ...member, phone: world.api.as(String(answer.body['accessToken'])), kill };
}

const kept = async (email: string) =>
  (await world.documents.send(new GetCommand({ TableName: 'credentials', Key: { email } }))).Item;
/** Makes a background session's token so old that it is refreshed before it is used. */
async function letTokenAge(email: string): Promise<void> {
  const session = await world.backgroundSessionOf(email);
  await world.documents.send(
    new UpdateCommand({
      TableName: 'sessions',
      Key: { email, fingerprint: session?.fingerprint },
      UpdateExpression: 'SET lastTokenUpdateAt = :past',
      ExpressionAttributeValues: { ':past': new Date(world.clock.now() - 20 * 60_000).toISOString() },
    }),
  );
}
const stateOf = async (email: string) => (await world.backgroundSessionOf(email))?.state;

test.each([undefined, false])(
  'keepCredentials %s keeps no password, and a dead session stays dead',
  async (keepCredentials) => {
    const { email, kill } = await newMember(keepCredentials);
    expect(await kept(email)).toBeUndefined();

    await kill();
    await world.turnTheWheel();

    expect(await stateOf(email)).toBe('login-required');
  },
);

test('a kept password is encrypted, and renews a dead background session at its next refresh', async () => {
  const { email, password, kill } = await newMember(true);
  expect(JSON.stringify(await kept(email))).not.toContain(password);

  await kill();
  await world.turnTheWheel();

  expect(await stateOf(email)).toBe('active');
});

test('a kept password renews a session that the planner of routines has found dead', async () => {
  const { email, phone, kill } = await newMember(true);
  const { opening: _, ...terms } = inSixDays(world);
  await phone.post('/v1/routines', terms);
  await letTokenAge(email);
  await kill();

  await plan(world);
  expect(await stateOf(email)).toBe('login-required');
  await world.turnTheWheel();

  expect(await stateOf(email)).toBe('active');
});

test('a kept password logs in at most twice an hour', async () => {
  const { email, kill } = await newMember(true);

  for (const expected of ['active', 'active', 'login-required']) {
    await kill();
    await world.turnTheWheel();
    expect(await stateOf(email)).toBe(expected);
  }
});

test('a login with keepCredentials false forgets the password that an earlier login kept; without the field it stays', async () => {
  const { email, password } = await newMember(true);
  const again = { email, password, fingerprint: 'phone-12345' };
  await world.api.post('/v1/login', again);
  expect(await kept(email)).toBeDefined();

  const answer = await world.api.post('/v1/login', { ...again, keepCredentials: false });

  expect(answer.status).toBe(200);
  expect(await kept(email)).toBeUndefined();
});

test('a deleted password logs in no more', async () => {
  const { email, phone, kill } = await newMember(true);

  expect((await phone.delete('/v1/credentials')).status).toBe(204);

  expect(await kept(email)).toBeUndefined();
  await kill();
  await world.turnTheWheel();
  expect(await stateOf(email)).toBe('login-required');
});

test('a kept password is deleted with the background session', async () => {
  const { email, phone } = await newMember(true);
  const background = await world.backgroundSessionOf(email);

  await phone.delete(`/v1/sessions/${background?.fingerprint}?confirmProtectedDeletion=true`);

  expect(await kept(email)).toBeUndefined();
  await world.turnTheWheel();
  expect(await stateOf(email)).toBeUndefined();
});

test('a kept password renews a session that dies before the opening, and the class is booked', async () => {
  const { email, password, prebookingId } = dying;

  expect(await world.finished({ email, password }, prebookingId)).toMatchObject({ status: 'booked' });
});
