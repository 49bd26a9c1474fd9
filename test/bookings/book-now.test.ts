import { describe, expect, onTestFinished, test } from 'vitest';
import { bookAtOnce, type ClassToBook } from '../../lib/bookings/book-class.ts';
import { toProblem } from '../../lib/http/problem.ts';
import { type Clock, SECOND } from '../../lib/platform/clock.ts';
import { REFUSALS, STATES } from '../support/aimharder/known-answers.ts';
import type { Scripted } from '../support/aimharder/scripted-upstream.ts';
import { answer, listing, MEMBER, membersAtBox, NOBODY, row, type Script, SOUGHT } from '../support/bookings/at-box.ts';
import { virtualClock } from '../support/platform/virtual-clock.ts';
import { START } from '../support/sessions/session-world.ts';

const atBox = membersAtBox();
const unhurried = new AbortController().signal;

/** What `POST /v1/bookings` makes of it: 201 with what was booked, or a problem. */
async function booked(
  script: Script | ((clock: Clock) => Script),
  { seconds, ...changes }: Partial<ClassToBook> & { readonly seconds?: number } = {},
) {
  const clock = virtualClock(START);
  onTestFinished(clock.stop);
  const { deps, member, asked, isAlive } = await atBox(
    { whoami: MEMBER, ...(typeof script === 'function' ? script(clock) : script) },
    clock,
  );
  const told = await clock.run(() =>
    bookAtOnce(deps, member, { ...SOUGHT, ...changes, ...within(seconds) }, unhurried).then(
      (place) => ({ status: 201, code: place.kind, detail: '', place }),
      (error: unknown) => ({ ...toProblem(error, 'request'), place: undefined }),
    ),
  );
  const tookMs = clock.monotonic() - START;
  return { ...told, shots: asked('book'), listings: asked('bookings'), isAlive, tookMs };
}

const within = (seconds?: number) => (seconds === undefined ? {} : { answerBy: START + seconds * SECOND });

const NOTHING_MINE = listing(row());
const SEAT = listing(row({ bookState: 1, idres: 90001 }));
const QUEUE = listing(row({ bookState: 0, idres: 90001 }));

/** What each meaning comes to, when the timetable shows no booking. */
const COMES_TO: Readonly<Record<string, readonly [status: number, code: string]>> = {
  booked: [201, 'booked'],
  accepted: [502, 'upstream-rejected'],
  'already-booked': [409, 'already-booked'],
  'class-full': [409, 'class-full'],
  'no-credit': [409, 'no-credit'],
  unpaid: [409, 'unpaid'],
  'booking-limit': [409, 'booking-limit'],
  'too-late': [409, 'too-late'],
  'too-early': [201, 'too-early'],
  'logged-out': [401, 'login-required'],
  unknown: [502, 'upstream-rejected'],
};

const ANSWERS = [
  ...STATES,
  ...REFUSALS.flatMap(([errorMssg, errorMssgLang, meaning, textAlone]) => [
    [errorMssg, { bookState: -12, errorMssg, errorMssgLang }, meaning] as const,
    [errorMssg, { bookState: -12, errorMssg }, textAlone] as const,
  ]),
];

test.each(ANSWERS)('%s: %j becomes its status and code', async (_says, json, meaning) => {
  const { status, code, detail, place, shots } = await booked({ book: answer(json), bookings: NOTHING_MINE });

  const expected = COMES_TO[(meaning as { kind: string }).kind];
  expect([status, code]).toEqual(expected);
  expect(shots).toBe(1);
  if (code === 'too-early' && 'rule' in meaning) {
    const { rule } = meaning as { rule: { unit: string; amount: number } | null };
    expect(place).toEqual({ kind: 'too-early', rule: rule && { [`${rule.unit}Before`]: rule.amount } });
  }
  const text = 'errorMssg' in json && status === 409 ? String(json.errorMssg).replaceAll(/<[^>]*>/g, ' ') : '';
  if (!/[&<]|\s{2}/.test(text)) expect(detail).toContain(text);
});

test('an unknown code is quoted with AimHarder’s text', async () => {
  const { detail } = await booked({ book: answer({ bookState: -9, errorMssg: 'Algo <b>nuevo</b>' }) });

  expect(detail).toBe('AimHarder gave an answer that we do not know: -9. AimHarder says: “Algo nuevo”');
});

test('a refusal for the limit names the limit and quotes AimHarder', async () => {
  const { detail } = await booked({ book: answer({ bookState: -8, max: 2, errorMssg: 'Máximo 2 al día' }) });

  expect(detail).toBe('You have reached your limit of bookings. The maximum is 2. AimHarder says: “Máximo 2 al día”');
});

describe('the timetable tells a seat from the waitlist', () => {
  test.each<[string, number, Scripted, object]>([
    ['a seat', 1, SEAT, { kind: 'booked', bookingId: '90001' }],
    ['a seat', 0, SEAT, { kind: 'booked', bookingId: '90001' }],
    ['the waitlist', 1, QUEUE, { kind: 'waitlisted', bookingId: '90001' }],
    ['the waitlist', 0, QUEUE, { kind: 'waitlisted', bookingId: '90001' }],
  ])('%s, answered %i', async (_name, bookState, bookings, expected) => {
    const { place, listings } = await booked({ book: answer({ bookState, id: '7' }), bookings });

    expect(place).toEqual(expected);
    expect(listings).toBe(1);
  });

  test.each<[string, Scripted]>([
    ['does not show it', NOTHING_MINE],
    ['cannot be read', { status: 503 }],
    ['says logout', answer({ logout: 1 })],
  ])('a timetable that %s leaves AimHarder’s own word that the class is booked', async (_name, bookings) => {
    const { place } = await booked({ book: answer({ bookState: 1, id: '7' }), bookings });

    expect(place).toEqual({ kind: 'booked', bookingId: '7' });
  });
});

describe('the timetable tells which booking is in the way', () => {
  const book = answer({ bookState: -12, errorMssgLang: 'NOPUEDESRESERVAMISMAHORA' });

  test.each<[string, Scripted, string]>([
    ['this class', SEAT, 'You already have a place in this class.'],
    [
      'another of that hour',
      listing(row(), row({ id: 5, className: 'OPEN BOX', bookState: 1 })),
      'You already have a place in another class at that time: OPEN BOX.',
    ],
    [
      'one that starts before and is not over',
      listing(row(), row({ id: 5, className: 'OPEN BOX', time: '06:30 - 07:30', bookState: 1 })),
      'You already have a place in another class at that time: OPEN BOX.',
    ],
    [
      'one that ends when this one starts',
      listing(row(), row({ id: 5, time: '06:00 - 07:00', bookState: 1 })),
      'You already have a booking at that time.',
    ],
    [
      'one elsewhere',
      listing(row(), row({ id: 5, time: '09:00 - 10:00', bookState: 1 })),
      'You already have a booking at that time.',
    ],
    ['one that cannot be read', { status: 500 }, 'You already have a booking at that time.'],
  ])('%s', async (_name, bookings, expected) => {
    expect(await booked({ book, bookings })).toMatchObject({ status: 409, code: 'already-booked', detail: expected });
  });
});

describe('after a lost answer', () => {
  const lost: Scripted = { does: 'reset' };

  test.each<[string, Script, readonly [number, string]]>([
    ['the booking is found', { book: lost, bookings: SEAT }, [201, 'booked']],
    ['the place in the queue is found', { book: lost, bookings: QUEUE }, [201, 'waitlisted']],
    ['nothing is found, and the session lives', { book: lost, bookings: NOTHING_MINE }, [503, 'upstream-unreachable']],
    [
      'nothing is found, and whoami knows nobody',
      { book: lost, bookings: NOTHING_MINE, whoami: NOBODY },
      [401, 'login-required'],
    ],
    [
      'nothing is found, and whoami does not answer',
      { book: lost, bookings: NOTHING_MINE, whoami: { status: 503 } },
      [503, 'upstream-unreachable'],
    ],
    ['nothing can be read', { book: lost, bookings: { status: 503 } }, [503, 'upstream-unreachable']],
    ['a page came instead', { book: { body: '<html></html>' }, bookings: SEAT }, [201, 'booked']],
    ['an unknown code came instead', { book: answer({ bookState: 2, id: '90001' }), bookings: SEAT }, [201, 'booked']],
    [
      'an unknown key came instead',
      { book: answer({ bookState: -12, errorMssgLang: 'NUEVO' }), bookings: QUEUE },
      [201, 'waitlisted'],
    ],
    ['nothing came instead', { book: { body: '' }, bookings: SEAT }, [201, 'booked']],
    ['503 came instead', { book: { status: 503 }, bookings: SEAT }, [201, 'booked']],
    [
      '401 came instead, and the session lives',
      { book: { status: 401 }, bookings: NOTHING_MINE },
      [502, 'upstream-rejected'],
    ],
    ['401 came instead, and the booking was made', { book: { status: 401 }, bookings: SEAT }, [201, 'booked']],
    [
      '401 came instead, and whoami knows nobody',
      { book: { status: 401 }, bookings: NOTHING_MINE, whoami: NOBODY },
      [401, 'login-required'],
    ],
    ['only nonsense came', { book: answer({}), bookings: NOTHING_MINE }, [502, 'upstream-rejected']],
  ])('%s', async (_name, script, expected) => {
    const { status, code, shots, isAlive } = await booked(script);

    expect([status, code]).toEqual(expected);
    expect(shots).toBe(1);
    expect(await isAlive()).toBe(status !== 401);
  });

  test('reading the timetable stops before the request times out', async () => {
    const { status, tookMs } = await booked({ book: { body: '{"bookState":1' }, bookings: { does: 'nothing' } });

    expect({ status, tookMs }).toEqual({ status: 502, tookMs: 8_000 });
  });
});

describe('a caller who has to answer in time', () => {
  const FULL = answer({ bookState: -1 });

  test('is told that nothing was booked, if no time is left for AimHarder’s answer', async () => {
    const { code, detail, shots } = await booked({ book: FULL, bookings: NOTHING_MINE }, { seconds: 7 });

    expect({ code, shots }).toEqual({ code: 'upstream-timeout', shots: 0 });
    expect(detail).toContain('not booked');
  });

  test('is told that the waitlist was not asked for, if no time is left for it', async () => {
    const slowly = (clock: Clock) => () => ({ ...FULL, after: clock.until(START + 2 * SECOND, unhurried) });
    const { code, detail, shots } = await booked(
      (clock) => ({ book: slowly(clock), bookings: listing(row({ limitc: 10, ocupation: 10 })) }),
      { seconds: 9, acceptWaitlist: true },
    );

    expect({ code, shots }).toEqual({ code: 'upstream-timeout', shots: 1 });
    expect(detail).toContain('waitlist');
  });

  test.each<[string, number, readonly [number, string]]>([
    ['booked', 1, [201, 'booked']],
    ['no clear answer', 0, [502, 'upstream-rejected']],
  ])('gets AimHarder’s own word, if no time is left to read the timetable: %s', async (_word, bookState, expected) => {
    const script = { book: answer({ bookState, id: '7' }), bookings: { does: 'nothing' } } as const;
    const { status, code, detail, tookMs } = await booked(script, { seconds: 8 });

    expect([status, code]).toEqual(expected);
    expect(tookMs).toBeLessThanOrEqual(8 * SECOND);
    expect(detail).not.toContain('does not show it');
  });

  test('gets a place on the waitlist, if AimHarder calls it booked and no timetable shows a seat', async () => {
    const answers = [FULL, answer({ bookState: 1, id: '7' })];
    const book = () => answers.shift() ?? FULL;
    const { place } = await booked({ book, bookings: { status: 503 } }, { acceptWaitlist: true });

    expect(place).toEqual({ kind: 'waitlisted', bookingId: '7' });
  });
});

test('a booking whose reading is aborted counts as AimHarder’s own word says', async () => {
  const aborted = new AbortController();
  const bookings = (): Scripted => {
    aborted.abort();
    return NOTHING_MINE;
  };
  const clock = virtualClock(START);
  onTestFinished(clock.stop);
  const { deps, member } = await atBox({ whoami: MEMBER, book: answer({ bookState: 1, id: '7' }), bookings }, clock);

  const made = clock.run(() => bookAtOnce(deps, member, SOUGHT, aborted.signal));

  await expect(made).resolves.toEqual({ kind: 'booked', bookingId: '7' });
});
