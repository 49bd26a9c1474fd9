import { expect, test } from 'vitest';
import { nextAttempt, TRIED_FOR } from '../../lib/notifications/backoff.ts';
import { DAY, HOUR, MINUTE } from '../../lib/platform/clock.ts';

const createdAt = Date.UTC(2026, 2, 20);
const after = (tries: number, { pause = 0, random = 0.5, now = createdAt } = {}) =>
  (nextAttempt({ tries, createdAt, triedFor: TRIED_FOR }, now, pause, random) ?? Number.NaN) - now;

test('waits grow from a minute to six hours', () => {
  expect([1, 2, 3, 4, 5, 6, 30].map((tries) => after(tries) / MINUTE)).toEqual([1, 5, 15, 60, 360, 360, 360]);
});

test('waits vary by a fifth each way', () => {
  expect(after(2, { random: 0 })).toBeCloseTo(4 * MINUTE);
  expect(after(2, { random: 1 })).toBeCloseTo(6 * MINUTE);
});

test('a receiver that asks for a longer pause gets it', () => {
  expect(after(1, { pause: 10 * MINUTE })).toBe(10 * MINUTE);
  expect(after(3, { pause: MINUTE })).toBe(15 * MINUTE);
});

test('a message is tried for a week, and once more after it', () => {
  const nearTheEnd = createdAt + 7 * DAY - MINUTE;

  expect(after(30, { now: nearTheEnd })).toBe(HOUR + MINUTE);
  expect(after(30, { now: createdAt + 7 * DAY + HOUR })).toBeNaN();
});

test('a channel may try for a shorter time', () => {
  const mail = { tries: 9, createdAt, triedFor: DAY };

  expect(nextAttempt(mail, createdAt + DAY - MINUTE, 0, 0.5)).toBe(createdAt + DAY);
  expect(nextAttempt(mail, createdAt + DAY, 0, 0.5)).toBeUndefined();
});
