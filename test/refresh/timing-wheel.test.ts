import { describe, expect, test } from 'vitest';
import { MINUTE } from '../../lib/platform/clock.ts';
import { indexRanges } from '../../lib/refresh/slot-parts.ts';
import {
  abandonedClaims,
  assertNotInFuture,
  countPartitions,
  minutesDue,
  outdatedClaims,
  parseWheel,
  partitionsAt,
} from '../../lib/refresh/timing-wheel.ts';
import { hashBucket } from '../../lib/sessions/session.ts';

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

test('any eight minutes read every partition once', () => {
  const sharded = { slots: 8, shards: 3 };
  const turns = Array.from({ length: 8 }, (_, index) => partitionsAt(12_345 + index, sharded)).flat();

  expect(turns.toSorted((one, other) => one - other)).toEqual(Array.from({ length: 128 }, (_, index) => index));
});

test.each([
  [12, 10],
  [8, 16],
  [1, 128],
  [5, 1],
])('with %i slots of %i shards every partition is read, whatever settings filled it', (slots, shards) => {
  const turns = Array.from({ length: slots }, (_, minute) => partitionsAt(minute, { slots, shards })).flat();

  expect(new Set(turns)).toEqual(new Set(Array.from({ length: 128 }, (_, index) => index)));
});

const ago = (minutes: number) => 100 * MINUTE - minutes * MINUTE;
test.each([
  ['a run that is still at work', [[98, ago(1.9)]], []],
  [
    'a run that has not finished for three minutes',
    [
      [97, ago(3)],
      [99, ago(1)],
    ],
    [97],
  ],
  [
    'a run that makes up minutes long past',
    [
      [93, ago(1)],
      [94, ago(0.5)],
    ],
    [],
  ],
  [
    'a run that has died over a missed minute',
    [
      [93, ago(3)],
      [94, ago(2.9)],
    ],
    [93],
  ],
  [
    'a slot that has run again since',
    [
      [80, ago(20)],
      [92, ago(8)],
      [93, ago(7)],
    ],
    [93],
  ],
] as const)('%s', (_name, open, abandoned) => {
  const claims = open.map(([minute, at]) => ({ minute, at, isTakenOver: false }));

  expect(abandonedClaims(100, 100 * MINUTE, claims, wheel).map(({ minute }) => minute)).toEqual(abandoned);
});

test('a part is taken over once', () => {
  const claims = [{ minute: 97, at: ago(3), isTakenOver: true }];

  expect(abandonedClaims(100, 100 * MINUTE, claims, wheel)).toEqual([]);
});

test('a claim is outdated if its slot has run again since', () => {
  const claims = [80, 92, 93, 100].map((minute) => ({ minute, at: ago(0), isTakenOver: false }));

  expect(outdatedClaims(100, claims, wheel).map(({ minute }) => minute)).toEqual([80, 92]);
});

test.each([
  ['the present minute', 100, 100],
  ['a past minute', 3, 3],
  ['a minute ahead of a clock that is two minutes slow', 102, 102],
])('%s is accepted', (_name, minute, taken) => {
  expect(assertNotInFuture(minute, 100.9 * MINUTE)).toBe(taken);
});

test.each([103, 100 + 60 * 24 * 365])('a minute further ahead is refused: %i', (minute) => {
  expect(() => assertNotInFuture(minute, 100.9 * MINUTE)).toThrow(/ahead of the clock/);
});

describe('the run of a part', () => {
  const key = { email: 'ada@example.com', fingerprint: 'phone-12345' };
  const partitions = [3, 11, 19, 27];

  test('reads each partition once', () => {
    expect(indexRanges(partitions, undefined)).toEqual(partitions.map((partition) => ({ partition })));
  });

  test('begins with the partition of its resume point', () => {
    expect(indexRanges(partitions, { partition: 19 }).map(({ partition }) => partition)).toEqual([19, 27, 3, 11]);
  });

  test('that resumes within a partition comes back to it, and ends where it began', () => {
    const ranges = indexRanges(partitions, { partition: 19, after: key });

    expect(ranges[0]).toEqual({ partition: 19, after: key });
    expect(ranges.at(-1)).toEqual({ partition: 19, end: key });
    expect(ranges).toHaveLength(5);
  });

  test('does not begin in a partition of another part', () => {
    expect(indexRanges(partitions, { partition: 20, after: key })).toEqual(indexRanges(partitions, undefined));
  });
});

test.each([
  [{}, { slots: 8, shards: 16 }],
  [{ REFRESH_SLOTS: '12' }, { slots: 12, shards: 10 }],
  [
    { REFRESH_SLOTS: '12', REFRESH_SHARDS: '10' },
    { slots: 12, shards: 10 },
  ],
])('settings %j', (settings, expected) => {
  expect(parseWheel(settings)).toEqual(expected);
});

test.each([
  [{ REFRESH_SLOTS: '13' }, 'REFRESH_SLOTS must be at most 12'],
  [{ REFRESH_SLOTS: '8', REFRESH_SHARDS: '17' }, 'at most 128'],
  [{ REFRESH_SLOTS: '0' }, 'REFRESH_SLOTS'],
])('settings that would lose a session are refused: %j', (settings, told) => {
  expect(() => parseWheel(settings)).toThrow(told);
});

test('a session keeps its slot when the number of shards grows', () => {
  for (let member = 0; member < 200; member += 1) {
    const key = { email: `${member}@example.com`, fingerprint: 'phone-12345' };
    const slot = hashBucket(key, countPartitions(wheel));
    expect(hashBucket(key, countPartitions({ slots: 8, shards: 5 })) % 8).toBe(slot);
  }
});

test('the slots are evenly full', () => {
  const counts = new Array<number>(8).fill(0);
  for (let member = 0; member < 8_000; member += 1) {
    const slot = hashBucket({ email: `${member}@example.com`, fingerprint: 'phone-12345' }, 8);
    counts[slot] = (counts[slot] ?? 0) + 1;
  }
  expect(Math.min(...counts)).toBeGreaterThan(850);
  expect(Math.max(...counts)).toBeLessThan(1_150);
});
