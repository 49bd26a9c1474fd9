import { expect, test, vi } from 'vitest';
import { DAY } from '../../lib/platform/clock.ts';
import { isTimeout } from '../../lib/platform/errors.ts';
import { systemClock } from '../../lib/platform/system-clock.ts';

const unhurried = new AbortController().signal;

test('a wait never ends before its instant, however fractional', async () => {
  const holds = Array.from({ length: 300 }, async (_, index) => {
    const tick = systemClock.monotonic() + 5 + index * 0.3137;
    await systemClock.until(tick, unhurried);
    return systemClock.monotonic() - tick;
  });

  expect(Math.min(...(await Promise.all(holds)))).toBeGreaterThanOrEqual(0);
});

test('a wait for a past instant ends at once', async () => {
  let isOver = false;
  const wait = systemClock.until(systemClock.monotonic() - 1_000, unhurried).then(() => {
    isOver = true;
  });
  // No timer ends and nothing is read before this.
  await new Promise((resolve) => process.nextTick(resolve));

  expect(isOver).toBe(true);
  await wait;
});

test('a wait longer than the longest timer goes on until it is aborted with its reason', async () => {
  const controller = new AbortController();
  const reason = new Error('the deadline came');
  const hold = systemClock.until(systemClock.monotonic() + 60 * DAY, controller.signal);
  const ended = vi.fn();
  hold.then(ended, ended);
  await systemClock.until(systemClock.monotonic() + 20, unhurried);
  expect(ended).not.toHaveBeenCalled();

  controller.abort(reason);
  await expect(hold).rejects.toBe(reason);
});

test('a wait that is aborted in its last milliseconds ends with the reason', async () => {
  // A busy machine may pause this process for longer than those milliseconds: then the hold is over, and another is begun.
  for (let inTime = false; !inTime; ) {
    const controller = new AbortController();
    const tick = systemClock.monotonic() + 7;
    const hold = systemClock.until(tick, controller.signal).then(
      () => 'held',
      (reason: unknown) => reason,
    );
    inTime = systemClock.monotonic() < tick - 1;
    const reason = new Error('cancelled meanwhile');
    controller.abort(reason);
    const end = await hold;

    if (inTime) expect(end).toBe(reason);
  }
});

test('a wait whose signal is already aborted does not begin', async () => {
  const signal = AbortSignal.abort(new Error('too late to start'));

  await expect(systemClock.until(systemClock.monotonic() + 5, signal)).rejects.toThrow('too late to start');
});

test.each([20, 0.3, 0, -5])(
  'a timeout of %d ms aborts with an error that is known as one, not before it',
  async (millis) => {
    const before = systemClock.monotonic();
    const signal = systemClock.timeout(millis);
    expect(signal.aborted).toBe(false);
    await new Promise((resolve) => signal.addEventListener('abort', resolve));

    expect(isTimeout(signal.reason)).toBe(true);
    expect(systemClock.monotonic() - before).toBeGreaterThanOrEqual(millis - 1);
  },
);

test('the monotonic clock goes on while the wall clock steps', () => {
  const wall = Date.now();
  const before = systemClock.monotonic();
  vi.useFakeTimers({ toFake: ['Date'], now: wall - DAY });

  expect(systemClock.now()).toBeLessThan(wall);
  expect(systemClock.monotonic()).toBeGreaterThanOrEqual(before);
  expect(systemClock.monotonic() - before).toBeLessThan(1_000);
  vi.useRealTimers();
});
