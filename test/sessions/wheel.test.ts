import { expect, test } from 'vitest';
import { refreshSlotOf } from '../../lib/sessions/session.ts';
import { minutesDue, partitionsAt, partitionsOf } from '../../lib/sessions/wheel.ts';

const wheel = { slots: 8, shards: 1 };

test.each([
  ['the very first run', 100, undefined, [100]],
  ['a run after the last one', 100, 99, [100]],
  ['a run delivered twice', 100, 100, []],
  ['a run that comes late, after a newer one', 99, 100, []],
  ['two missed minutes are made up', 100, 97, [98, 99, 100]],
  ['after an outage no slot comes twice', 100, 3, [93, 94, 95, 96, 97, 98, 99, 100]],
])('%s', (_name, minute, handled, expected) => {
  expect(minutesDue(minute, handled, wheel)).toEqual(expected);
});

test('in any eight minutes every partition has its turn once', () => {
  const sharded = { slots: 8, shards: 3 };
  const turns = Array.from({ length: 8 }, (_, index) => partitionsAt(12_345 + index, sharded)).flat();

  expect(turns.toSorted((one, other) => one - other)).toEqual(Array.from({ length: 24 }, (_, index) => index));
});

test('a session keeps its slot when the number of shards grows', () => {
  for (let member = 0; member < 200; member += 1) {
    const key = { email: `${member}@example.com`, fingerprint: 'phone-12345' };
    const slot = refreshSlotOf(key, partitionsOf(wheel));
    expect(refreshSlotOf(key, partitionsOf({ slots: 8, shards: 5 })) % 8).toBe(slot);
  }
});

test('the slots are evenly full', () => {
  const counts = new Array<number>(8).fill(0);
  for (let member = 0; member < 8_000; member += 1) {
    const slot = refreshSlotOf({ email: `${member}@example.com`, fingerprint: 'phone-12345' }, 8);
    counts[slot] = (counts[slot] ?? 0) + 1;
  }
  expect(Math.min(...counts)).toBeGreaterThan(850);
  expect(Math.max(...counts)).toBeLessThan(1_150);
});
