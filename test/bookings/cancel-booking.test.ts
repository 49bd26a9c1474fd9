import { describe, expect, onTestFinished, test } from 'vitest';
import { SECOND } from '../../lib/platform/clock.ts';
import type { Heard, Scripted } from '../support/aimharder/scripted-upstream.ts';
import { answer, listing, MEMBER, membersAtBox, NOBODY, row, type Script } from '../support/bookings/at-box.ts';
import { canceller, dayOf, type Prebooked, type Recorded } from '../support/bookings/canceller.ts';
import { virtualClock } from '../support/platform/virtual-clock.ts';
import { START } from '../support/sessions/session-world.ts';

const atBox = membersAtBox();
const cancelled = canceller(atBox);

/** The clock of these tests shows noon, UTC, of this day. */
const TODAY = '20260320';
const REFUSED = answer({ cancelState: 3 });
const MINE = listing(row({ bookState: 1, idres: 90001 }));
const NONE = listing(row());

const mineOn =
  (day: string, otherwise: Scripted = NONE) =>
  (heard: Heard): Scripted =>
    dayOf(heard) === day ? MINE : otherwise;

const onDay = (day: string): Prebooked => ({ day, classId: '700101', familyId: null });

test.each<[string, Script, readonly [number, string]]>([
  ['done', { cancelBook: answer({ cancelState: 1 }) }, [204, '']],
  ['late', { cancelBook: answer({ cancelState: '2' }) }, [409, 'late-cancellation']],
  ['refused, and none of the member’s', { bookings: NONE }, [404, 'booking-not-found']],
  ['refused, and the member’s of today', { bookings: mineOn(TODAY) }, [502, 'upstream-rejected']],
  ['refused, and the member’s of an evening in America', { bookings: mineOn('20260319') }, [502, 'upstream-rejected']],
  ['refused, and the member’s in two weeks', { bookings: mineOn('20260403') }, [502, 'upstream-rejected']],
  [
    'refused, and half of the days unreadable',
    { bookings: mineOn('20260327', { status: 503 }) },
    [502, 'upstream-rejected'],
  ],
  [
    'refused, one day unreadable, none shows it',
    { bookings: (heard) => (dayOf(heard) === TODAY ? { status: 503 } : NONE) },
    [404, 'booking-not-found'],
  ],
  ['refused, and nothing readable', { bookings: { does: 'reset' } }, [503, 'upstream-unreachable']],
  ['refused, and the session found dead', { bookings: answer({ logout: 1 }) }, [401, 'login-required']],
  ['logout', { cancelBook: answer({ logout: 1 }) }, [401, 'login-required']],
  ['a bare 401, and still shown', { cancelBook: { status: 401 }, bookings: MINE }, [502, 'upstream-rejected']],
  ['nonsense, and still shown', { cancelBook: answer({ cancelState: 4 }), bookings: MINE }, [502, 'upstream-rejected']],
])('a cancellation that is %s', async (_name, script, expected) => {
  expect((await cancelled(script)).told).toEqual(expected);
});

test('a refused booking is looked up day by day, few at a time, until it is found', async () => {
  let open = 0;
  let most = 0;
  const counted = (heard: Heard): Scripted => {
    open += 1;
    most = Math.max(most, open);
    setTimeout(() => {
      open -= 1;
    }, 1);
    return dayOf(heard) === TODAY ? MINE : NONE;
  };

  const { days } = await cancelled({ bookings: counted });

  expect(days.length).toBeLessThanOrEqual(4);
  expect(new Set(days).size).toBe(days.length);
  expect(most).toBeLessThanOrEqual(4);
});

const KEY = 'crossfit-demo#90001';
const BOOKED_HERE = {
  key: KEY,
  booked: {
    ...{ kind: 'booked', box: 'crossfit-demo', day: '2026-03-24', classId: '700101', familyId: null },
    ...{ className: 'WOD', classStartsAt: Date.UTC(2026, 2, 24, 6), at: Date.UTC(2026, 2, 19) },
  },
  cancelledAt: null,
} as const satisfies Recorded;
const CANCELLED_HERE: Recorded = { key: KEY, booked: null, cancelledAt: Date.UTC(2026, 2, 19) };
const OTHER = listing(row({ id: 5, bookState: 1, idres: 90002 }));

/** Answers the first cancellation so, and the next ones otherwise: AimHarder cancels no booking twice. */
function first(answered: Scripted, then: Scripted = REFUSED): () => Scripted {
  let asked = 0;
  return () => {
    asked += 1;
    return asked === 1 ? answered : then;
  };
}

/** Answers that do not tell whether the booking was cancelled. */
const UNCLEAR: readonly [string, Scripted][] = [
  ['reset', { does: 'reset' }],
  ['502', { status: 502 }],
  ['500', { status: 500 }],
  ['403', { status: 403, body: '<html></html>' }],
  ['an empty 200', { body: '' }],
  ['a page', { body: '<html></html>' }],
  ['other JSON', answer([])],
  ['an unknown state', answer({ cancelState: 9 })],
];

describe.each(UNCLEAR)('after a cancellation answered with %s', (_name, answered) => {
  test('a booking of ours that is gone is cancelled, and recorded', async () => {
    expect(await cancelled({ cancelBook: answered, bookings: OTHER }, BOOKED_HERE)).toMatchObject({
      ...{ told: [204, ''], written: [KEY], requests: 1, days: ['20260324'] },
    });
  });

  test('any other booking is cancelled again: one that AimHarder refuses now, and that is gone, was cancelled', async () => {
    expect(await cancelled({ cancelBook: first(answered), bookings: OTHER })).toMatchObject({
      ...{ told: [204, ''], written: [KEY], requests: 2 },
    });
  });

  test.each<[string, Scripted, readonly [number, string], readonly string[]]>([
    ['one that was still there is cancelled now', answer({ cancelState: 1 }), [204, ''], [KEY]],
    ['one that would cost the credit stays', answer({ cancelState: 2 }), [409, 'late-cancellation'], []],
  ])('any other booking is cancelled again: %s, however far ahead it is', async (_second, then, told, written) => {
    const seen = await cancelled({ cancelBook: first(answered, then), bookings: NONE });

    expect(seen).toMatchObject({ told, written, requests: 2, days: [] });
  });

  test('any other booking, if nothing is understood again, proves nothing: no searched day shows it', async () => {
    const { told, written } = await cancelled({ cancelBook: answered, bookings: NONE });

    expect(told[0]).toBeGreaterThanOrEqual(502);
    expect(written).toEqual([]);
  });

  test('a booking that is shown for some more seconds is cancelled, and its day alone is read again', async () => {
    let reads = 0;
    const lagging = (heard: Heard): Scripted => {
      if (dayOf(heard) !== TODAY) return NONE;
      reads += 1;
      return reads < 3 ? MINE : NONE;
    };

    const { told, written, days } = await cancelled({ cancelBook: first(answered), bookings: lagging });

    expect({ told, written }).toEqual({ told: [204, ''], written: [KEY] });
    expect(days.slice(4)).toEqual([TODAY, TODAY]);
  });

  test('a booking that stays shown is not', async () => {
    const script = { cancelBook: first(answered), bookings: mineOn(TODAY) };
    const { told, written, tookMs } = await cancelled(script);

    expect(told[0]).toBeGreaterThanOrEqual(502);
    expect(written).toEqual([]);
    expect(tookMs).toBe(6_000);
  });
});

describe('after a cancellation whose answer was lost', () => {
  const cancelBook: Scripted = { does: 'reset' };

  test.each<[string, Script, readonly [number, string]]>([
    [
      'a day that cannot be read proves nothing',
      { bookings: (heard) => (dayOf(heard) === TODAY ? { status: 503 } : NONE) },
      [503, 'upstream-unreachable'],
    ],
    ['nothing can be read', { bookings: { status: 503 } }, [503, 'upstream-unreachable']],
    ['the session is dead: its timetable shows nothing', { bookings: NONE, whoami: NOBODY }, [401, 'login-required']],
    ['whoami does not answer', { bookings: NONE, whoami: { status: 503 } }, [503, 'upstream-unreachable']],
  ])('%s', async (_name, script, expected) => {
    const { told, written } = await cancelled({ cancelBook: first(cancelBook), ...script }, undefined);

    expect({ told, written }).toEqual({ told: expected, written: [] });
  });

  test.each<[string, Recorded, Script, number]>([
    ['the last of 16 days are not read in time', undefined, { cancelBook: first(cancelBook) }, 3.9 * SECOND],
    ['the session is not proven in time', BOOKED_HERE, { cancelBook }, 7.9 * SECOND],
  ])('and AimHarder is so slow that %s, the failure is that of the answer', async (_what, recorded, script, takes) => {
    const clock = virtualClock(START);
    onTestFinished(clock.stop);
    const { signal } = new AbortController();
    const slowly = (scripted: Scripted) => () => ({
      ...scripted,
      after: clock.until(clock.monotonic() + takes, signal),
    });
    const bySlowAimHarder = { ...script, bookings: slowly(NONE), whoami: slowly(MEMBER) };

    const { told, written, tookMs } = await clock.run(() => canceller(atBox, clock)(bySlowAimHarder, recorded));

    expect({ told, written, tookMs }).toEqual({ told: [503, 'upstream-unreachable'], written: [], tookMs: 15_000 });
  });

  test('only the day is read that is known of the booking', async () => {
    const { told, days } = await cancelled({ cancelBook, bookings: OTHER }, BOOKED_HERE);

    expect({ told, days }).toEqual({ told: [204, ''], days: ['20260324'] });
  });

  test('only the day is read that the pre-booking tells which made the booking', async () => {
    const { told, days } = await cancelled({ cancelBook, bookings: OTHER }, undefined, onDay('2026-03-25'));

    expect({ told, days }).toEqual({ told: [204, ''], days: ['20260325'] });
  });
});

describe('a cancellation that is repeated', () => {
  test('of a booking recorded as cancelled is done, and AimHarder is not asked', async () => {
    expect(await cancelled({}, CANCELLED_HERE)).toMatchObject({ told: [204, ''], requests: 0 });
  });

  test('of a booking made here that is gone, and that AimHarder refuses, is recorded', async () => {
    expect(await cancelled({ bookings: NONE }, BOOKED_HERE)).toMatchObject({ told: [204, ''], written: [KEY] });
  });

  test('of a booking that a pre-booking made and that is gone, and that AimHarder refuses, is recorded', async () => {
    const { told, written, days } = await cancelled({ bookings: NONE }, undefined, onDay('2026-03-25'));

    expect({ told, written, days }).toEqual({ told: [204, ''], written: [KEY], days: ['20260325'] });
  });

  test('of a booking that a pre-booking made, and whose day cannot be read, is not', async () => {
    expect(await cancelled({ bookings: { does: 'reset' } }, undefined, onDay('2026-03-25'))).toMatchObject({
      told: [503, 'upstream-unreachable'],
      written: [],
    });
  });

  test('of a booking made here that is not shown, and that AimHarder refuses, fails if the session is not proven', async () => {
    expect(await cancelled({ bookings: NONE, whoami: { does: 'reset' } }, BOOKED_HERE)).toMatchObject({
      told: [503, 'upstream-unreachable'],
      written: [],
    });
  });

  test('of a booking made here that is still shown, and that AimHarder refuses, is not', async () => {
    expect(await cancelled({ bookings: MINE }, BOOKED_HERE)).toMatchObject({
      told: [502, 'upstream-rejected'],
      written: [],
    });
  });
});

describe('a relative’s booking, whose id is sent without the relative’s', () => {
  const FAMILY = '4711';
  /** The relative has the booking, and the member’s own timetable shows none. */
  const bookings = ({ path }: Heard): Scripted =>
    new URL(path, 'http://gym').searchParams.get('familyId') === FAMILY ? MINE : OTHER;
  const recorded: Recorded = { ...BOOKED_HERE, booked: { ...BOOKED_HERE.booked, familyId: FAMILY } };
  const known: readonly [string, Recorded | undefined, Prebooked | undefined][] = [
    ['it is recorded', recorded, undefined],
    ['a pre-booking made it', undefined, { day: '2026-03-24', classId: '700101', familyId: FAMILY }],
  ];

  test.each(known)('is cancelled for the relative: %s', async (_how, record, prebooked) => {
    const { told, families } = await cancelled({ cancelBook: answer({ cancelState: 1 }) }, record, prebooked);

    expect({ told, families }).toEqual({ told: [204, ''], families: [FAMILY] });
  });

  test.each(known)(
    'is looked for in the relative’s timetable, and is not gone: %s',
    async (_how, record, prebooked) => {
      const { told, written } = await cancelled({ cancelBook: { does: 'reset' }, bookings }, record, prebooked);

      expect({ told, written }).toEqual({ told: [503, 'upstream-unreachable'], written: [] });
    },
  );

  test('is for the relative that the client names if nothing is known of it', async () => {
    const { families } = await cancelled({ cancelBook: answer({ cancelState: 1 }) }, undefined, undefined, FAMILY);

    expect(families).toEqual([FAMILY]);
  });
});

test('a cancellation that AimHarder carries out while its member deletes the account is done, and not recorded', async () => {
  const script = { cancelBook: answer({ cancelState: 1 }) };

  expect(await cancelled(script, BOOKED_HERE, undefined, undefined, true)).toMatchObject({
    told: [204, ''],
    written: [],
  });
});
