import { expect, test } from 'vitest';
import { decodeFiringMessage } from '../../lib/prebookings/firing-queue.ts';
import { decryptWakeUp, decryptWithRetries, encryptMember, queuedWakeUp } from '../../lib/prebookings/wake-up.ts';
import { pendingOf } from '../support/accounts/account.ts';
import { manualClock } from '../support/platform/manual-clock.ts';
import { START, storeKeys } from '../support/sessions/session-world.ts';

const secrets = async () => ({ keys: storeKeys });
const made = pendingOf('ada@example.com');
const { email, id } = made;
const unhurried = new AbortController().signal;

const ordered = async () => ({ ...made, member: await encryptMember(secrets, made) });

test('a queued wake-up names nobody, and opens to the member’s', async () => {
  const queued = queuedWakeUp(await ordered());

  expect(Object.keys(queued).toSorted()).toEqual(['id', 'member', 'order']);
  expect(JSON.stringify(queued)).not.toMatch(/ada|example|@/);
  expect(await decryptWakeUp(secrets, queued)).toEqual({ email, id, order: 1 });
});

test('of two orders of one member, the texts differ, and neither opens the other', async () => {
  const [one, other] = [await ordered(), { ...pendingOf(email, '2'), member: '' }];
  const again = await ordered();
  expect(one.member).not.toBe(again.member);

  await expect(decryptWakeUp(secrets, queuedWakeUp({ ...other, member: one.member }))).rejects.toThrow();
});

test('a wake-up that version 0.1.0 has scheduled names the member by e-mail', async () => {
  expect(await decryptWakeUp(secrets, { email, id, order: 1 })).toEqual({ email, id, order: 1 });
  expect(queuedWakeUp(made)).toEqual({ email, id, order: 1 });
});

test('one that names nobody is refused', async () => {
  await expect(decryptWakeUp(secrets, { id, order: 1 })).rejects.toThrow('names no member');
});

test('keys that cannot be had at once are asked for again', async () => {
  let asked = 0;
  const failing = async () => {
    asked += 1;
    if (asked < 3) throw new Error('Secrets Manager is away.');
    return secrets();
  };
  const deps = { secrets: failing, clock: manualClock(START) };

  expect(await decryptWithRetries(deps, queuedWakeUp(await ordered()), unhurried)).toEqual({ email, id, order: 1 });
});

test.each([
  ['names nobody', async () => ({ id, order: 1 })],
  ['was encrypted for another order', async () => ({ ...queuedWakeUp(await ordered()), id: 'another' })],
  ['was encrypted with a lost key', async () => ({ member: 'lost.'.padEnd(60, 'A'), id, order: 1 })],
] as const)('a wake-up that %s is refused at once', async (_name, wakeUp) => {
  const deps = { secrets, clock: manualClock(START) };

  await expect(decryptWithRetries(deps, await wakeUp(), unhurried)).rejects.toThrow();

  expect(deps.clock.monotonic()).toBe(START);
});

test('a message of the queue holds the same', async () => {
  const { kind, ...message } = decodeFiringMessage(
    JSON.stringify({ kind: 'fire', ...queuedWakeUp(await ordered()), box: 'box', opensAt: '2026-03-20T18:00:00.000Z' }),
  );

  expect(kind).toBe('fire');
  expect(await decryptWakeUp(secrets, message)).toEqual({ email, id, order: 1 });
});
