import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { isKnownAddress, isKnownDevice, KnownOriginStore } from '../../lib/login/known-origins.ts';
import { type CountedAttempt, type LoginAttempt, LoginThrottle } from '../../lib/login/login-throttle.ts';
import { type Clock, DAY, MINUTE } from '../../lib/platform/clock.ts';
import { LIMITS } from '../../lib/platform/limits.ts';
import { startDynamo } from '../support/platform/dynamo.ts';
import { virtualClock } from '../support/platform/virtual-clock.ts';
import { interceptedBy } from '../support/sessions/intercepted.ts';
import { START, steppedClock } from '../support/sessions/session-world.ts';

let database: Awaited<ReturnType<typeof startDynamo>>;
beforeAll(async () => {
  database = await startDynamo();
});
afterAll(() => database.stop());

const unhurried = new AbortController().signal;
let worlds = 0;

/** A member under attack, and a throttle. */
function attacked() {
  worlds += 1;
  const clock = steppedClock();
  const table = { documents: database.documents, table: 'loginAttempts', clock };
  const throttle = new LoginThrottle(table);
  const email = `attacked-${worlds}@example.com`;
  const attempt = (more: Partial<LoginAttempt> = {}): LoginAttempt => ({
    email,
    sourceAddress: `home-${worlds}`,
    knownDevice: undefined,
    isKnownAddress: false,
    hasSession: false,
    ...more,
  });
  const passes = async (more: Partial<LoginAttempt> = {}) =>
    throttle.count(attempt(more), unhurried).then(
      () => true,
      () => false,
    );
  const fails = async (more: Partial<LoginAttempt>) =>
    throttle.count(attempt(more), unhurried).then(
      async (counted) => {
        await counted.recordRefused();
        return true;
      },
      () => false,
    );
  /** How many of so many wrong passwords pass, one after the other. */
  const passing = async (count: number, more: (index: number) => Partial<LoginAttempt>) => {
    let passed = 0;
    for (let index = 0; index < count; index += 1) if (await fails(more(index))) passed += 1;
    return passed;
  };
  return { email, clock, throttle, attempt, passes, passing, origins: new KnownOriginStore(table) };
}

const stranger = (index: number) => ({ email: `${worlds}-${index}@example.com` });

describe('one address that guesses at many e-mails', () => {
  test('has twenty wrong passwords in fifteen minutes', async () => {
    const { clock, passing } = attacked();

    expect(await passing(25, stranger)).toBe(20);
    clock.advance(15 * MINUTE);
    expect(await passing(25, stranger)).toBe(20);
  });

  test('passes no more if it guesses at once', async () => {
    const { passes } = attacked();

    const passed = await Promise.all(Array.from({ length: 40 }, (_, index) => passes(stranger(index))));

    expect(passed.filter(Boolean)).toHaveLength(20);
  });

  test('does not lock out a member of the same address who has a session here, and that member’s errors count for none', async () => {
    const { passes, passing } = attacked();
    for (let member = 0; member < 10; member += 1)
      await passing(5, () => ({ email: `${worlds}-member-${member}@example.com`, hasSession: true }));

    expect(await passing(25, stranger)).toBe(20);
    expect(await passes({ hasSession: true })).toBe(true);
    expect(await passes()).toBe(false);
  });

  test('gets back what a right password has used', async () => {
    const { throttle, attempt, passing } = attacked();
    for (let login = 0; login < 30; login += 1)
      await (await throttle.count(attempt(stranger(login)), unhurried)).recordAccepted();

    expect(await passing(25, (index) => stranger(100 + index))).toBe(20);
  });
});

describe('right logins at once', () => {
  /** Logs in so often at once. AimHarder takes a second for each. @returns how many were counted. */
  async function logInAtOnce(count: number, more: (index: number) => Partial<LoginAttempt>) {
    const clock = virtualClock(START);
    onTestFinished(clock.stop);
    worlds += 1;
    const throttle = new LoginThrottle({ documents: database.documents, table: 'loginAttempts', clock });
    const home = { sourceAddress: `home-${worlds}`, knownDevice: undefined, isKnownAddress: false, hasSession: false };
    const logIn = async (index: number) => {
      const email = `family-${worlds}@example.com`;
      const counted = await throttle.count({ email, ...home, ...more(index) }, unhurried);
      await clock.until(clock.monotonic() + 1_000, unhurried);
      await counted.recordAccepted();
    };
    const logins = await clock.run(() => Promise.allSettled(Array.from({ length: count }, (_, index) => logIn(index))));
    return logins.filter(({ status }) => status === 'fulfilled').length;
  }

  test('of a family that shares an address all succeed', async () => {
    expect(await logInAtOnce(12, () => ({}))).toBe(12);
  });

  test('on a gym’s Wi-Fi all succeed', async () => {
    expect(await logInAtOnce(45, stranger)).toBe(45);
  });

  test('wait for those of others, and not for wrong passwords', async () => {
    const { clock, throttle, attempt } = attacked();
    for (let guess = 0; guess < 5; guess += 1) await (await throttle.count(attempt(), unhurried)).recordRefused();
    const before = clock.monotonic();

    await expect(throttle.count(attempt(), unhurried)).rejects.toMatchObject({ code: 'too-many-attempts' });

    expect(clock.monotonic()).toBe(before);
  });

  test.each([3_000, 6_000])('wait by reading, and write once there is a place, after %d ms', async (freeAfter) => {
    const { clock, throttle, attempt } = attacked();
    const others: CountedAttempt[] = [];
    for (let begun = 0; begun < 5; begun += 1) others.push(await throttle.count(attempt(), unhurried));
    const begin = clock.monotonic();
    const until: Clock['until'] = async (tick, signal) => {
      await clock.until(tick, signal);
      if (tick - begin >= freeAfter) await others.pop()?.recordAccepted();
    };
    const writtenAt: number[] = [];
    const documents = interceptedBy(database.documents, (command, pass) => {
      if (command instanceof UpdateCommand) writtenAt.push(clock.monotonic() - begin);
      return pass();
    });
    const patient = new LoginThrottle({ documents, table: 'loginAttempts', clock: { ...clock, until } });

    await patient.count(attempt(), unhurried);

    expect(writtenAt.filter((after) => after > 0 && after < freeAfter)).toEqual([]);
    expect(writtenAt.some((after) => after >= freeAfter)).toBe(true);
  });

  test('that never end are waited for for six seconds', async () => {
    const { clock, throttle, attempt, passes } = attacked();
    for (let begun = 0; begun < 5; begun += 1) await throttle.count(attempt(), unhurried);
    const before = clock.monotonic();

    expect(await passes()).toBe(false);

    expect(clock.monotonic() - before).toBeGreaterThanOrEqual(6_000);
    expect(clock.monotonic() - before).toBeLessThan(7_000);
  });
});

describe('logins that AimHarder does not answer', () => {
  test('count as no wrong password, and twenty of one e-mail and address are sent in fifteen minutes', async () => {
    const { clock, throttle, attempt } = attacked();
    const lose = async () => (await throttle.count(attempt({ isKnownAddress: true }), unhurried)).recordUnanswered();
    for (let login = 0; login < 20; login += 1) await lose();

    await expect(lose()).rejects.toMatchObject({
      code: 'too-many-attempts',
      message: expect.stringContaining('has not answered'),
    });
    clock.advance(15 * MINUTE);
    await lose();
    await (await throttle.count(attempt({ isKnownAddress: true }), unhurried)).recordAccepted();
  });

  test('of strangers keep no member out', async () => {
    const { throttle, attempt, passes } = attacked();
    for (let login = 0; login < 80; login += 1)
      await (
        await throttle.count(attempt({ sourceAddress: `far-${worlds}-${login % 4}` }), unhurried)
      ).recordUnanswered();

    expect(await passes({ sourceAddress: `far-${worlds}-5` })).toBe(false);
    expect(await passes({ isKnownAddress: true })).toBe(true);
  });
});

describe('strangers at four addresses who use up an e-mail’s twenty attempts', () => {
  async function besieged() {
    const world = attacked();
    const strangers = await world.passing(40, (index) => ({ sourceAddress: `far-${worlds}-${index % 4}` }));
    expect(strangers).toBe(20);
    return world;
  }

  test('keep out a device and an address that are not known', async () => {
    const { passes } = await besieged();

    expect(await passes()).toBe(false);
  });

  test('keep out neither a known device nor a known address, which have five attempts of their own', async () => {
    const { passing } = await besieged();

    expect(await passing(9, () => ({ knownDevice: 'phone-12345', sourceAddress: `far-${worlds}-0` }))).toBe(5);
    expect(await passing(9, () => ({ isKnownAddress: true }))).toBe(5);
  });
});

describe('a member who logs in again and again', () => {
  const home = { isKnownAddress: true, hasSession: true };

  test('has so many logins at once, however they come, and another one every half minute', async () => {
    const { clock, throttle, attempt } = attacked();
    for (let login = 0; login < LIMITS.logins.atOnce; login += 1)
      await (await throttle.count(attempt({ ...home, sourceAddress: `far-${login}` }), unhurried)).recordAccepted();

    const refusal = { code: 'too-many-requests', retryAfter: 30 };
    await expect(throttle.count(attempt(home), unhurried)).rejects.toMatchObject(refusal);
    clock.advance(30_000);
    await (await throttle.count(attempt(home), unhurried)).recordAccepted();
    await expect(throttle.count(attempt(home), unhurried)).rejects.toMatchObject(refusal);
  });

  test('loses none of them by wrong passwords, nor by an AimHarder that does not answer', async () => {
    const { throttle, attempt, passes } = attacked();
    for (let guess = 0; guess < 60; guess += 1)
      await (await throttle.count(attempt({ ...home, sourceAddress: `far-${guess}` }), unhurried)).recordRefused();
    for (let login = 0; login < 60; login += 1)
      await (
        await throttle.count(attempt({ ...home, sourceAddress: `away-${login % 6}` }), unhurried)
      ).recordUnanswered();

    let atOnce = 0;
    for (let login = 0; login < 60; login += 1)
      if (await passes({ ...home, sourceAddress: `near-${login}` })) atOnce += 1;

    expect(atOnce).toBe(LIMITS.logins.atOnce);
  });

  test('uses up no wrong password if the login is refused', async () => {
    const { clock, throttle, attempt, passing } = attacked();
    for (let login = 0; login < LIMITS.logins.atOnce; login += 1)
      await (await throttle.count(attempt({ ...home, sourceAddress: `far-${login}` }), unhurried)).recordAccepted();
    expect(await passing(20, () => home)).toBe(0);

    clock.advance(14 * MINUTE);

    expect(await passing(20, () => home)).toBe(LIMITS.wrongPasswords.perOrigin);
  });
});

describe('what is known of a member', () => {
  test('is where the member has logged in: device and address, for ninety days', async () => {
    const { email, clock, origins } = attacked();
    await origins.remember(email, { fingerprint: 'phone-12345', sourceAddress: '192.0.2.1' });

    const known = await origins.find(email);

    expect(isKnownDevice(known, email, 'phone-12345')).toBe(true);
    expect(isKnownAddress(known, email, '192.0.2.1')).toBe(true);
    expect(isKnownDevice(known, email, 'tablet-1234')).toBe(false);
    expect(isKnownAddress(known, email, '192.0.2.2')).toBe(false);
    expect(isKnownDevice(known, 'bea@example.com', 'phone-12345')).toBe(false);
    expect(known.renewsAt).toBe(Math.floor(clock.now() / 1_000) * 1_000 + 30 * DAY);
  });

  test('is a device between whose uses ten others come at most, and an address between whose uses five others come', async () => {
    const { email, origins } = attacked();
    const often = { fingerprint: 'phone-12345', sourceAddress: '192.0.2.99' };
    for (let round = 0; round < 20; round += 1) {
      await origins.remember(email, often);
      for (let other = 0; other < 10; other += 1) {
        const sourceAddress = `198.51.100.${round * 5 + (other % 5)}`;
        await origins.remember(email, { fingerprint: `tablet-${round}-${other}`, sourceAddress });
      }
      const known = await origins.find(email);
      expect(isKnownDevice(known, email, 'phone-12345')).toBe(true);
      expect(isKnownAddress(known, email, '192.0.2.99')).toBe(true);
    }
  });

  test('is bounded: the last twenty devices and ten addresses', async () => {
    const { email, origins } = attacked();
    for (let login = 0; login < 30; login += 1)
      await origins.remember(email, { fingerprint: `phone-${login}`, sourceAddress: `192.0.2.${login}` });

    const known = await origins.find(email);

    expect(known.devices).toHaveLength(20);
    expect(known.addresses).toHaveLength(10);
    expect(isKnownDevice(known, email, 'phone-29')).toBe(true);
    expect(isKnownDevice(known, email, 'phone-9')).toBe(false);
  });
});
