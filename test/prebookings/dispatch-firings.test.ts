import { expect, test } from 'vitest';
import { SECOND } from '../../lib/platform/clock.ts';
import { toIso } from '../../lib/platform/dynamodb.ts';
import type { Logger } from '../../lib/platform/logger.ts';
import { type Delivered, dispatchDelivered } from '../../lib/prebookings/dispatch-firings.ts';
import { FIRING_LEAD } from '../../lib/prebookings/prebooking.ts';
import { decryptWithRetries, type QueuedWakeUp } from '../../lib/prebookings/wake-up.ts';
import { virtualClock } from '../support/platform/virtual-clock.ts';
import { storeKeys } from '../support/sessions/session-world.ts';

const OPENS = Date.UTC(2026, 2, 20, 18);
const unhurried = new AbortController().signal;

const messageFor = (index: number, box = 'crossfit-demo', opensAt = OPENS): Delivered => {
  const message = { kind: 'fire', email: `${index}@example.com`, id: `${index}`, order: 1, box };
  return { messageId: `m${index}`, body: JSON.stringify({ ...message, opensAt: toIso(opensAt) }) };
};

/** What dispatches messages: each start takes a while, and Lambda refuses those of the given members. */
function dispatcher(refused: readonly string[] = []) {
  const clock = virtualClock(OPENS - FIRING_LEAD);
  const started: { readonly emails: readonly string[]; readonly at: number }[] = [];
  const logged: unknown[] = [];
  const error: Logger['error'] = (_event, _error, fields) => void logged.push(fields);
  const deps = {
    clock,
    prebookings: { find: async () => undefined },
    queue: { send: async () => undefined },
    logger: { info: () => undefined, warn: () => undefined, error },
    measure: () => undefined,
    decryptWakeUp: (queued: QueuedWakeUp, signal = unhurried) =>
      decryptWithRetries({ secrets: async () => ({ keys: storeKeys }), clock }, queued, signal),
    starter: {
      async fire(wakeUps: readonly QueuedWakeUp[]) {
        await clock.until(clock.monotonic() + 100, unhurried);
        const emails = wakeUps.map(({ email = '' }) => email);
        if (emails.some((email) => refused.includes(email))) throw new Error('Lambda refuses.');
        started.push({ emails, at: clock.now() });
      },
    },
  };
  return {
    clock,
    started,
    logged,
    dispatch: (batch: readonly Delivered[]) => dispatchDelivered(deps, batch, unhurried),
  };
}

test('up to eight firings of one box and one opening share a process', async () => {
  const { clock, started, dispatch } = dispatcher();
  const batch = [
    ...Array.from({ length: 9 }, (_, index) => messageFor(index)),
    messageFor(20, 'other-box'),
    messageFor(21, 'crossfit-demo', OPENS + 60_000),
  ];

  expect(await clock.run(() => dispatch(batch))).toEqual([]);

  expect(started.map(({ emails }) => emails.length).toSorted()).toEqual([1, 1, 1, 8]);
});

test('only the messages whose start failed are delivered again', async () => {
  const { clock, dispatch } = dispatcher(['1@example.com']);

  const failed = await clock.run(() => dispatch([messageFor(1), messageFor(2, 'other-box')]));

  expect(failed).toEqual(['m1']);
});

test.each([
  ['no JSON', 'fire'],
  ['another kind', messageFor(3).body.replace('fire', 'rest')],
  ['no opening', messageFor(3).body.replace('opensAt', 'opens')],
])('a message that cannot be decoded (%s) is delivered again alone, and the others start', async (_name, body) => {
  const { clock, started, logged, dispatch } = dispatcher();
  const batch = [messageFor(1), { messageId: 'm3', body }, messageFor(2)];

  expect(await clock.run(() => dispatch(batch))).toEqual(['m3']);

  expect(started.flatMap(({ emails }) => emails)).toEqual(['1@example.com', '2@example.com']);
  expect(logged).toEqual([{ during: 'decode-message', messageId: 'm3' }]);
});

test('500 openings at one instant have all started by 27 s before it, ten messages at a time', async () => {
  const { clock, started, dispatch } = dispatcher();
  const waiting = Array.from({ length: 500 }, (_, index) => messageFor(index, `box-${index % 100}`));

  // Lambda begins with five batches at a time (Lambda Developer Guide, "Using Lambda with Amazon SQS").
  await clock.run(() =>
    Promise.all(
      Array.from({ length: 5 }, async () => {
        while (waiting.length > 0) await dispatch(waiting.splice(0, 10));
      }),
    ),
  );

  expect(started.flatMap(({ emails }) => emails)).toHaveLength(500);
  expect(Math.max(...started.map(({ at }) => at))).toBeLessThan(OPENS - 27 * SECOND);
});

test('a guard whose wake-up cannot be decrypted fails at once', async () => {
  const { clock, dispatch } = dispatcher();
  const { messageId, body } = messageFor(1);
  const guard = { messageId, body: body.replace('fire', 'guard').replace('email', 'member') };

  expect(await clock.run(() => dispatch([guard]))).toEqual([messageId]);

  expect(clock.now()).toBe(OPENS - FIRING_LEAD);
});
