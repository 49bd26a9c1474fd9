import { expect, test } from 'vitest';
import { SECOND } from '../../lib/platform/clock.ts';
import { dispatchFirings, type ReceivedMessage } from '../../lib/prebookings/dispatch-firings.ts';
import type { FiringMessage } from '../../lib/prebookings/firing-queue.ts';
import { FIRING_LEAD } from '../../lib/prebookings/prebooking.ts';
import { virtualClock } from '../support/platform/virtual-clock.ts';

const OPENS = Date.UTC(2026, 2, 20, 18);
const unhurried = new AbortController().signal;

const messageFor = (index: number, box = 'crossfit-demo', opensAt = OPENS): ReceivedMessage => {
  const message: FiringMessage = {
    kind: 'fire',
    email: `${index}@example.com`,
    id: `${index}`,
    order: 1,
    box,
    opensAt,
  };
  return { messageId: `m${index}`, message };
};

/** What dispatches messages: each start takes a while, and Lambda refuses those of the given members. */
function dispatcher(refused: readonly string[] = []) {
  const clock = virtualClock(OPENS - FIRING_LEAD);
  const started: { readonly emails: readonly string[]; readonly at: number }[] = [];
  const deps = {
    clock,
    prebookings: { find: async () => undefined },
    queue: { send: async () => undefined },
    logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
    measure: () => undefined,
    starter: {
      async fire(wakeUps: readonly { readonly email: string }[]) {
        await clock.until(clock.monotonic() + 100, unhurried);
        const emails = wakeUps.map(({ email }) => email);
        if (emails.some((email) => refused.includes(email))) throw new Error('Lambda refuses.');
        started.push({ emails, at: clock.now() });
      },
    },
  };
  return { clock, started, dispatch: (batch: readonly ReceivedMessage[]) => dispatchFirings(deps, batch, unhurried) };
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
