import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Fault } from '../../infra/simulator/faults.ts';
import { prepareMember } from '../../lib/bookings/as-member.ts';
import { BookingRefused, bookAtOnce } from '../../lib/bookings/book-class.ts';
import { MINUTE, SECOND } from '../../lib/platform/clock.ts';
import { AppError } from '../../lib/platform/errors.ts';
import { bookOrLearnOpening } from '../../lib/routines/book-or-learn-opening.ts';
import { KEYS } from '../support/aimharder/known-answers.ts';
import { startFiring } from '../support/firing/firing.ts';
import { defined } from '../support/sessions/session-world.ts';

/**
 * Every answer × what AimHarder did × how the class is booked × how far the timetable lags behind: what is told is what the
 * timetable shows, and there are never two bookings. After an unclear answer, and after a firing, that is what it shows in the end;
 * after a refusal in known words to a member who waits, what it shows at once. Each cell has a day of its own, so that no timetable grows from cell to cell.
 */

const unhurried = new AbortController().signal;
const EMAIL = 'ada@example.com';

type Done = 'booked' | 'waitlisted' | 'not booked' | 'another class at that hour';

const json = (body: object) => ({ kind: 'answer', body: JSON.stringify(body) }) as const;

/** An answer that does not tell what was done, when nothing was done and when the booking was made. */
type Unclear = readonly [string, notDone: Fault, done: Fault];
const either = (name: string, fault: Extract<Fault, { kind: 'answer' | 'status' }>): Unclear => [
  name,
  fault,
  { ...fault, carriedOut: true },
];
const answer = (body: string, status = 200) => ({ kind: 'answer', body, status }) as const;

const UNCLEAR: readonly Unclear[] = [
  either('an unknown code', answer('{"clasesContratadas":"411","bookState":2,"id":"90000001"}')),
  either('an unknown key', answer('{"bookState":-12,"errorMssgLang":"ALGO_NUEVO","errorMssg":"Algo nuevo"}')),
  either('“at the same hour”', answer(`{"bookState":-12,"errorMssgLang":"${KEYS.sameHour}"}`)),
  either('bookState 0', answer('{"bookState":0}')),
  either('an empty body', answer('')),
  either('a page', answer('<html></html>')),
  either('other JSON', answer('[]')),
  either('204', answer('', 204)),
  either('403', answer('<html></html>', 403)),
  either('404', answer('<html></html>', 404)),
  either('500', answer('<html></html>', 500)),
  either('502', answer('<html></html>', 502)),
  ['a reset', { kind: 'reset' }, { kind: 'reset-after' }],
  ['silence', { kind: 'silent' }, { kind: 'silent-after' }],
];

/** Answers after which nothing should have been done, and what each is told as if so. */
const CLEAR: readonly (readonly [string, Extract<Fault, { kind: 'answer' | 'status' }>, string])[] = [
  ['too early', json({ bookState: -4 }), 'too-early'],
  ['full', json({ bookState: -1 }), 'class-full'],
  ['no credit', json({ bookState: -2 }), 'no-credit'],
  ['unpaid', json({ bookState: -5 }), 'unpaid'],
  ['too late', json({ bookState: -7 }), 'too-late'],
  ['the limit', json({ bookState: -8, max: 1 }), 'booking-limit'],
  ['503', { kind: 'status', status: 503 }, 'upstream-rejected'],
  ['429', { kind: 'status', status: 429 }, 'upstream-rejected'],
];

type World = Awaited<ReturnType<typeof startFiring>>;
type Told = { readonly outcome: string; readonly bookingId?: string | null };
type Wanted = ReturnType<World['simulator']['addClass']>;

const soughtIn = ({ box, boxId, day, classId, name, time, ...added }: Wanted) => ({
  ...{ box, boxId, day, classId, familyId: null, className: name, classTime: time },
  ...{ whenFull: null, routineId: null, classStartsAt: Date.parse(added.opensAt) + 24 * 60 * MINUTE },
});

async function atOnce({ deps }: World, wanted: Wanted): Promise<Told> {
  const session = defined(await deps.sessions.getBackgroundSession(EMAIL));
  const member = await prepareMember(deps, session, wanted.box, unhurried);
  return bookAtOnce(deps, member, soughtIn(wanted), unhurried).then(
    (result) => ({ ...result, outcome: result.kind }),
    (error: unknown) => {
      if (error instanceof BookingRefused) return error.conclusion;
      if (error instanceof AppError) return { outcome: error.code };
      throw error;
    },
  );
}

async function byRoutine({ deps }: World, wanted: Wanted): Promise<Told> {
  const boxSettings = { ...deps.boxSettings, openings: new Map() };
  const attempt = await bookOrLearnOpening({ ...deps, boxSettings }, EMAIL, soughtIn(wanted), unhurried);
  if (attempt.kind === 'final') return attempt;
  const outcome = attempt.kind === 'problem' ? attempt.code : attempt.kind;
  return { outcome: outcome === 'opening-unknown' ? 'too-early' : outcome };
}

type Cell = { readonly options: object; readonly isBookedBefore: boolean };

/** Each way to book a class. The firing is woken too late to look at the timetable before its shot. */
const WAYS = {
  'at once': (world: World, cell: Cell) => bookOpen(world, cell, atOnce),
  'by routine': (world: World, cell: Cell) => bookOpen(world, cell, byRoutine),
  async fired(world: World, { options, isBookedBefore }: Cell) {
    const beforehand = isBookedBefore ? (wanted: Wanted) => bookBefore(world, wanted) : undefined;
    const opens = isBookedBefore ? -SECOND : 3 * SECOND;
    const { result, classId } = await world.fire(opens, { wanted: options, beforehand });
    return { told: result, reserved: reservedIn(world, { classId }) };
  },
} as const;

async function bookOpen(world: World, { options, isBookedBefore }: Cell, book: typeof atOnce) {
  const wanted = world.simulator.addClass({ opensInMs: -MINUTE, ...options });
  if (isBookedBefore) await bookBefore(world, wanted);
  return { told: await world.clock.run(() => book(world, wanted)), reserved: reservedIn(world, wanted) };
}

/** Books a class without a fault, and waits until every timetable shows it. */
async function bookBefore(world: World, wanted: Wanted): Promise<void> {
  expect((await world.clock.run(() => atOnce(world, wanted))).outcome).toBe('booked');
  world.clock.jumpTo(world.clock.monotonic() + 10 * SECOND);
}

const reservedIn = ({ simulator }: World, { classId }: { readonly classId: string | null }) =>
  simulator.reservations(classId ?? '').filter(({ email }) => email === EMAIL);

const TIME = '18:00';
let days = 0;

/** Returns the next day, so that each cell has one of its own. */
const nextDay = (): string => {
  days += 1;
  return new Date(Date.UTC(2026, 5, days)).toISOString().slice(0, 10);
};

const SHOWN: Readonly<Record<string, Done>> = {
  booked: 'booked',
  'already-booked': 'booked',
  waitlisted: 'waitlisted',
};

const LAGS = [0, 2_000, 5_000];

describe.each(Object.entries(WAYS))('booked %s,', (way, book) => {
  let world: World;
  beforeAll(async () => {
    world = await startFiring({ sameHour: 'overlap' });
  });
  afterAll(() => world.stop());

  /** Plays one cell of the matrix, and removes what it leaves. */
  async function play(done: Done | 'booked before', fault: Fault, timetableLagMs: number) {
    const { simulator } = world;
    const day = nextDay();
    const atHour = { day, time: TIME };
    if (done === 'another class at that hour')
      await bookBefore(world, simulator.addClass({ opensInMs: -MINUTE, ...atHour, time: '17:30', name: 'OPEN BOX' }));
    simulator.set({ timetableLagMs });
    const isBookedBefore = done === 'booked before';
    // The fault begins with the second booking request if the first makes the booking that was there before.
    simulator.failNext('/api/book', fault, 1_000, { skip: isBookedBefore ? 1 : 0 });
    const options = { ...atHour, ...(done === 'waitlisted' && { capacity: 0, waitlist: 2 }) };
    const { told, reserved } = await book(world, { options, isBookedBefore });
    simulator.failNext('/api/book', fault, 0);
    await cancelAll(world, day);
    return { told, reserved };
  }

  test.each(UNCLEAR)('%s is told as the timetable shows it', async (name, notDone, done) => {
    const cells = LAGS.flatMap((lag) =>
      (['booked', 'waitlisted', 'not booked', 'another class at that hour'] as const).map((what) => ({ lag, what })),
    );
    for (const { lag, what } of cells) {
      const isDone = what === 'booked' || what === 'waitlisted';
      const { told, reserved } = await play(what, isDone ? done : notDone, lag);

      const cell = `${name}, ${what}, ${lag} ms behind`;
      const [seat, ...more] = reserved;
      expect(more, cell).toEqual([]);
      const shown = seat ? (seat.waitlisted ? 'waitlisted' : 'booked') : undefined;
      expect([cell, SHOWN[told.outcome]]).toEqual([cell, shown]);
      if (seat) expect([cell, told.bookingId]).toEqual([cell, seat.bookingId]);
      if (!seat && name === '“at the same hour”') expect([cell, told.outcome]).toEqual([cell, 'booking-limit']);
    }
  });

  test.each(CLEAR)('%s is told in AimHarder’s words', async (_name, fault, outcome) => {
    for (const lag of LAGS)
      for (const what of ['not booked', 'another class at that hour'] as const) {
        const { told, reserved } = await play(what, fault, lag);

        expect([way, told.outcome, reserved]).toEqual([way, outcome, []]);
      }
  });

  test.each(CLEAR)('%s is told as the place that the timetable shows', async (_name, fault, outcome) => {
    // Nobody waits for a firing's result: it looks again. At once, "full" beside a free seat makes a second look worth while.
    const looksAgain = way === 'fired' || outcome === 'class-full';
    const cells = [
      ...LAGS.map((lag) => ({ what: 'booked before', lag }) as const),
      ...(looksAgain ? LAGS : [0]).map((lag) => ({ what: 'booked', lag }) as const),
      ...(way === 'fired' ? LAGS : [0]).map((lag) => ({ what: 'waitlisted', lag }) as const),
    ];
    for (const { what, lag } of cells) {
      const { told, reserved } = await play(what, { ...fault, carriedOut: what !== 'booked before' }, lag);

      const cell = `${what}, ${lag} ms behind`;
      expect([cell, SHOWN[told.outcome]]).toEqual([cell, what === 'waitlisted' ? what : 'booked']);
      expect([cell, reserved.length, told.bookingId]).toEqual([cell, 1, reserved[0]?.bookingId]);
    }
  });
});

/** Cancels what the member has, and waits until every timetable shows that. */
async function cancelAll(world: World, day: string): Promise<void> {
  const { simulator, clock, deps } = world;
  const session = defined(await deps.sessions.getBackgroundSession(EMAIL));
  const credentials = await deps.tokens.decrypt(session);
  simulator.set({ timetableLagMs: 0 });
  const listed = await clock.run(() =>
    deps.aimHarder.listClasses(credentials, { box: 'crossfit-demo', boxId: '9001', day }, unhurried),
  );
  for (const { bookingId } of listed)
    if (bookingId !== null)
      await clock.run(() =>
        deps.aimHarder.cancel(credentials, { box: 'crossfit-demo', bookingId, late: true }, unhurried),
      );
  clock.jumpTo(clock.monotonic() + 10 * SECOND);
}
