import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../lib/platform/system-clock.ts';
import { SessionStore } from '../../lib/sessions/session-store.ts';
import { quiet } from '../support/aimharder/upstream.ts';
import { expectProblem, type Json } from '../support/stories/api-client.ts';
import { startWorld, type World } from '../support/stories/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await wake();
});
afterAll(() => world.stop());

const MINUTE = 60_000;
let minute = Date.UTC(2020, 0, 1);

const wake = async () =>
  (await world.stack.invoke('refresh-tokens', { scheduledTime: new Date(minute).toISOString() })).payload as Record<
    string,
    number
  >;

/** One turn of the whole wheel: the first run only notes its minute, and the eight that are missed then are made up at once. */
async function turnTheWheel(): Promise<Record<string, number>> {
  minute += 8 * MINUTE;
  return wake();
}

const sessionsOf = async (email: string) =>
  (
    await new SessionStore({
      documents: world.documents,
      table: 'sessions',
      clock: systemClock,
      logger: quiet,
    }).getAllUserSessions(email)
  ).toSorted((one, other) => one.sessionType.localeCompare(other.sessionType));

async function newMember() {
  const member = world.member();
  const phone = world.api.as(await world.login({ ...member, fingerprint: 'phone-12345' }));
  return { ...member, phone };
}

/** Makes a session's token older. */
async function age(email: string, minutes: number) {
  for (const { fingerprint } of await sessionsOf(email)) {
    await world.documents.send(
      new UpdateCommand({
        TableName: 'sessions',
        Key: { email, fingerprint },
        UpdateExpression: 'SET lastTokenUpdateAt = :at',
        ExpressionAttributeValues: { ':at': new Date(systemClock.now() - minutes * MINUTE).toISOString() },
      }),
    );
  }
}

describe('refresh-tokens', () => {
  test('every session, device or background, gets a new token once in each round of the wheel', async () => {
    const { email } = await newMember();
    const before = await sessionsOf(email);

    await turnTheWheel();

    const after = await sessionsOf(email);
    expect(after.map(({ tokenUpdateCount }) => tokenUpdateCount)).toEqual([1, 1]);
    expect(after.every((session, index) => session.tokenVersion !== before[index]?.tokenVersion)).toBe(true);
  });

  test('logout:1 deletes that device session only; a background session is kept and marked', async () => {
    const dead = await newMember();
    const alive = await newMember();
    world.simulator.endSession({ email: dead.email });

    await turnTheWheel();

    expect(await sessionsOf(dead.email)).toMatchObject([
      { sessionType: 'background', state: 'login-required', protected: true },
    ]);
    expect(await sessionsOf(alive.email)).toMatchObject([{ state: 'active' }, { state: 'active' }]);
  });

  test('pre-bookings of a member whose background session died are at risk until a login', async () => {
    const { email, password, phone } = await newMember();
    const ordered = await phone.post('/v1/prebookings', await world.addClass({ opensInMs: 60 * MINUTE }));
    const id = (ordered.body['prebooking'] as Json)['id'];
    const background = await world.backgroundSessionOf(email);
    world.simulator.endSession({ email, fingerprint: background?.fingerprint });

    await turnTheWheel();

    expect((await phone.get(`/v1/prebookings/${id}`)).body['prebooking']).toMatchObject({
      status: 'pending',
      atRisk: true,
    });
    const again = world.api.as(await world.login({ email, password, fingerprint: 'phone-12345' }));
    expect((await again.get(`/v1/prebookings/${id}`)).body['prebooking']).toMatchObject({ atRisk: false });
    await turnTheWheel();
    expect(await world.backgroundSessionOf(email)).toMatchObject({ state: 'active', tokenUpdateCount: 1 });
  });

  test('a marked session is not refreshed again', async () => {
    const { email } = await newMember();
    world.simulator.endSession({ email });
    await turnTheWheel();
    const asked = world.simulator.record.requests['/api/tokenUpdate'] ?? 0;

    const counts = await turnTheWheel();

    expect(await sessionsOf(email)).toHaveLength(1);
    expect((world.simulator.record.requests['/api/tokenUpdate'] ?? 0) - asked).toBe(counts['refreshed']);
  });

  test.each([
    ['an answer that was lost', { kind: 'reset-after' }],
    ['503', { kind: 'status', status: 503 }],
    ['an answer cut short', { kind: 'truncated' }],
  ] as const)('%s keeps the session, does not call it fresh, and the next turn succeeds', async (_name, fault) => {
    const { email } = await newMember();
    await age(email, 20);
    const before = await sessionsOf(email);
    world.simulator.failNext('/api/tokenUpdate', fault, 1_000);

    await turnTheWheel();
    world.simulator.failNext('/api/tokenUpdate', fault, 0);

    const failed = await sessionsOf(email);
    expect(failed.map(({ lastTokenUpdateAt, tokenVersion }) => ({ lastTokenUpdateAt, tokenVersion }))).toEqual(
      before.map(({ lastTokenUpdateAt, tokenVersion }) => ({ lastTokenUpdateAt, tokenVersion })),
    );
    expect(failed.every(({ lastTokenUpdateError }) => lastTokenUpdateError !== null)).toBe(true);
    await turnTheWheel();
    expect(
      (await sessionsOf(email)).map(({ tokenUpdateCount, lastTokenUpdateError }) => [
        tokenUpdateCount,
        lastTokenUpdateError,
      ]),
    ).toEqual([
      [1, null],
      [1, null],
    ]);
  });

  test('the same minute delivered twice refreshes once', async () => {
    const { email } = await newMember();
    await turnTheWheel();
    minute += 8 * MINUTE;
    const event = { scheduledTime: new Date(minute).toISOString() };

    await Promise.all([world.stack.invoke('refresh-tokens', event), world.stack.invoke('refresh-tokens', event)]);

    expect((await sessionsOf(email)).map(({ tokenUpdateCount }) => tokenUpdateCount)).toEqual([2, 2]);
  });

  test('each minute refreshes one slot, and eight minutes every session', async () => {
    const { email } = await newMember();
    await turnTheWheel();

    for (let slot = 1; slot <= 8; slot += 1) {
      minute += MINUTE;
      await wake();
    }

    expect((await sessionsOf(email)).map(({ tokenUpdateCount }) => tokenUpdateCount)).toEqual([2, 2]);
  });
});

describe('before use', () => {
  test('a token older than 15 minutes is refreshed, a younger one is not', async () => {
    const { email, phone } = await newMember();
    const { box, day } = await world.addClass({ opensInMs: 60 * MINUTE });
    const countOfPhone = async () =>
      (await sessionsOf(email)).find(({ sessionType }) => sessionType === 'device')?.tokenUpdateCount;

    await phone.get(`/v1/classes?box=${box}&day=${day}`);
    expect(await countOfPhone()).toBe(0);

    await age(email, 16);
    await phone.get(`/v1/classes?box=${box}&day=${day}`);
    expect(await countOfPhone()).toBe(1);
  });

  test('a device session that died at AimHarder is 401 login-required, and gone', async () => {
    const { email, phone } = await newMember();
    world.simulator.endSession({ email, fingerprint: 'phone-12345' });

    expectProblem(await phone.post('/v1/sessions/refresh'), 401, 'login-required');

    expect((await sessionsOf(email)).map(({ sessionType }) => sessionType)).toEqual(['background']);
  });

  test('many requests at once rotate the token once', async () => {
    const { email, phone } = await newMember();
    const { box, day } = await world.addClass({ opensInMs: 60 * MINUTE });
    await age(email, 16);

    const answers = await Promise.all(Array.from({ length: 5 }, () => phone.get(`/v1/classes?box=${box}&day=${day}`)));

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect((await sessionsOf(email)).find(({ sessionType }) => sessionType === 'device')).toMatchObject({
      tokenUpdateCount: 1,
    });
  });
});

describe('where tokenUpdate no longer exists', () => {
  let gone: World;
  let email: string;
  beforeAll(async () => {
    gone = await startWorld();
    const member = gone.member();
    email = member.email;
    await gone.login({ ...member, fingerprint: 'phone-12345' });
  });
  afterAll(() => gone.stop());

  test.each(['400', '404', '405', 'error', 'html'] as const)(
    '(%s) the refresh checks the session with whoami, and logs it',
    async (tokenUpdate) => {
      gone.simulator.set({ tokenUpdate });
      const before = await gone.backgroundSessionOf(email);
      const measured = gone.measured('RefreshedByWhoAmI').length;

      const { payload: total } = await gone.turnTheWheel();

      expect(total).toMatchObject({ provenByWhoami: 2, refreshed: 0, ended: 0 });
      await expect.poll(() => gone.measured('RefreshedByWhoAmI').slice(measured).at(-1)).toBe(2);
      expect(gone.measured('OldestTokenAgeMs').at(-1)).toBeGreaterThan(0);
      const tokenUpdateCount = (before?.tokenUpdateCount ?? 0) + 1;
      expect(await gone.backgroundSessionOf(email)).toMatchObject({ state: 'active', tokenUpdateCount });
    },
  );

  test.each(['400', 'error', 'html'] as const)('(%s) a dead session is noticed by whoami', async (tokenUpdate) => {
    const member = gone.member();
    await gone.login({ ...member, fingerprint: 'phone-12345' });
    gone.simulator.set({ tokenUpdate });
    gone.simulator.endSession({ email: member.email });

    const { payload: total } = await gone.turnTheWheel();

    expect(total).toMatchObject({ provenByWhoami: 2, ended: 2, failed: 0 });
    expect(await gone.backgroundSessionOf(member.email)).toMatchObject({ state: 'login-required' });
  });
});
