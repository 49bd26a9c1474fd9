import { describe, expect, test } from 'vitest';
import { type BookingAnswer, UpstreamFailure } from '../../lib/aimharder/client.ts';
import {
  conclude,
  isConclusive,
  isLikely,
  mayMeanTooEarly,
  meaningOf,
  showsNoPlace,
} from '../../lib/bookings/evidence.ts';
import type { Reading } from '../../lib/bookings/read-back.ts';

const says = { code: '?', message: null };
const failure = (code: 'upstream-unreachable' | 'upstream-timeout' | 'upstream-rejected', mayHaveTakenEffect = true) =>
  new UpstreamFailure(code, 'no answer', { mayHaveTakenEffect });

const ANSWERS = {
  booked: { kind: 'booked', bookingId: '7', ...says },
  accepted: { kind: 'accepted', bookingId: '7', ...says },
  'already booked': { kind: 'already-booked', ...says },
  full: { kind: 'class-full', ...says },
  'no credit': { kind: 'no-credit', ...says },
  unpaid: { kind: 'unpaid', ...says },
  limit: { kind: 'booking-limit', max: 1, ...says },
  'too late': { kind: 'too-late', ...says },
  'too early': { kind: 'too-early', rule: null, ...says },
  'logged out': { kind: 'logged-out', ...says },
  unknown: { kind: 'unknown', ...says },
  'not understood': { kind: 'unanswered', failure: failure('upstream-rejected') },
  broken: { kind: 'unanswered', failure: failure('upstream-unreachable') },
  silent: { kind: 'unanswered', failure: failure('upstream-timeout') },
  unsent: { kind: 'unanswered', failure: failure('upstream-unreachable', false) },
  'turned away': { kind: 'turned-away', failure: failure('upstream-rejected') },
} as const satisfies Readonly<Record<string, BookingAnswer>>;

const READINGS: readonly Reading[] = [
  { kind: 'booked', bookingId: '9' },
  { kind: 'waitlisted', bookingId: '9' },
  { kind: 'other-class', name: 'OPEN BOX' },
  { kind: 'none' },
  { kind: 'unreadable' },
  { kind: 'logged-out' },
  { kind: 'cancelled' },
];

/** By answer: what it means alone; and what is told if the timetable shows another class, nothing, or cannot be read. */
const UNSHOWN: Readonly<Record<keyof typeof ANSWERS, readonly [string, string, string, string]>> = {
  booked: ['accepted', 'booked', 'booked', 'booked'],
  accepted: ['accepted', 'unknown', 'unknown', 'unknown'],
  'already booked': ['occupied', 'booking-limit', 'booking-limit', 'unknown'],
  full: ['refused', 'class-full', 'class-full', 'class-full'],
  'no credit': ['refused', 'no-credit', 'no-credit', 'no-credit'],
  unpaid: ['refused', 'unpaid', 'unpaid', 'unpaid'],
  limit: ['refused', 'booking-limit', 'booking-limit', 'booking-limit'],
  'too late': ['refused', 'too-late', 'too-late', 'too-late'],
  'too early': ['too-early', 'too-early', 'too-early', 'too-early'],
  'logged out': ['logged-out', 'login-required', 'login-required', 'login-required'],
  unknown: ['unclear', 'unknown', 'unknown', 'unknown'],
  'not understood': ['unclear', 'upstream-rejected', 'upstream-rejected', 'unknown'],
  broken: ['unclear', 'upstream-unreachable', 'upstream-unreachable', 'unknown'],
  silent: ['unclear', 'upstream-timeout', 'upstream-timeout', 'unknown'],
  unsent: ['not-processed', 'upstream-unreachable', 'upstream-unreachable', 'upstream-unreachable'],
  'turned away': ['not-processed', 'upstream-rejected', 'upstream-rejected', 'upstream-rejected'],
};

const names = Object.keys(ANSWERS) as (keyof typeof ANSWERS)[];

describe.each(names)('%s', (name) => {
  const answer = ANSWERS[name];
  const [meaning, ...unshown] = UNSHOWN[name];

  test('has a meaning of its own', () => expect(meaningOf(answer)).toBe(meaning));

  test.each(READINGS)('is told as the timetable shows it: %j', (reading) => {
    const told = conclude(answer, reading);

    if (reading.kind === 'waitlisted') expect(told).toEqual({ outcome: 'waitlisted', bookingId: '9' });
    else if (reading.kind === 'booked')
      expect(told).toEqual({ outcome: name === 'already booked' ? 'already-booked' : 'booked', bookingId: '9' });
    else {
      const [other, none, unreadable] = unshown;
      const outcome = reading.kind === 'other-class' ? other : reading.kind === 'none' ? none : unreadable;
      expect(told).toEqual({ outcome, bookingId: 'bookingId' in answer ? '7' : null });
    }
  });

  test('is settled at once by a place that is shown, a session that is dead, and a class that is cancelled', () => {
    for (const mayBeOurs of [false, true]) {
      const settling = READINGS.filter((reading) => isConclusive(answer, reading, mayBeOurs)).map(({ kind }) => kind);
      expect(settling).toEqual(expect.arrayContaining(['booked', 'waitlisted', 'logged-out', 'cancelled']));
    }
  });

  const isRefused = meaning === 'refused';
  const isTurnedAway = answer.kind === 'turned-away';

  test('is confirmed by a second reading if nothing should have been done, unless an earlier request may have booked', () => {
    const unshown = READINGS.filter(showsNoPlace);
    const isLikelyUndone = isRefused || meaning === 'too-early' || isTurnedAway;
    const isUndone = meaning === 'not-processed' && !isTurnedAway;
    expect(unshown.every((reading) => isLikely(answer, reading))).toBe(isLikelyUndone);
    expect(unshown.some((reading) => isLikely(answer, reading, true))).toBe(isTurnedAway);
    expect(unshown.every((reading) => isConclusive(answer, reading))).toBe(isUndone);
    expect(unshown.every((reading) => isConclusive(answer, reading, true))).toBe(isUndone);
  });

  test('is open if the timetable is unreadable, unless it is too early', () => {
    expect(isConclusive(answer, { kind: 'unreadable' })).toBe(false);
    expect(isLikely(answer, { kind: 'unreadable' })).toBe(meaning === 'too-early');
    expect(isLikely(answer, { kind: 'unreadable' }, true)).toBe(false);
  });

  test('is open if it is “full” beside a free seat, and settled if it is “full” and no place is left', () => {
    const isFull = answer.kind === 'class-full';
    expect(isLikely(answer, { kind: 'none', left: 'seat' })).toBe(isLikely(answer, { kind: 'none' }) && !isFull);
    expect(isLikely(answer, { kind: 'none', left: 'waitlist' })).toBe(isLikely(answer, { kind: 'none' }));
    expect(isConclusive(answer, { kind: 'none', left: 'nothing' })).toBe(
      isFull || isConclusive(answer, { kind: 'none' }),
    );
  });

  test('is settled at once if it is “at that hour” beside another class', () => {
    const isUndone = meaning === 'not-processed' && !isTurnedAway;
    expect(isConclusive(answer, { kind: 'other-class', name: '' }, true)).toBe(isUndone || meaning === 'occupied');
  });
});

test('“already booked” after a shot that may have booked is that shot’s booking', () => {
  expect(conclude(ANSWERS['already booked'], { kind: 'booked', bookingId: '9' }, true)).toEqual({
    outcome: 'booked',
    bookingId: '9',
  });
});

test('an id that the timetable does not tell is AimHarder’s own', () => {
  expect(conclude(ANSWERS.accepted, { kind: 'booked', bookingId: null })).toEqual({
    outcome: 'booked',
    bookingId: '7',
  });
});

test.each([
  ['-12', true],
  ['-12 ALGO_NUEVO', true],
  ['-9', false],
  ['-120', false],
  ['2', false],
])('an unknown answer with the code %s may mean too early: %s', (code, expected) => {
  expect(mayMeanTooEarly({ kind: 'unknown', code, message: null })).toBe(expected);
});
