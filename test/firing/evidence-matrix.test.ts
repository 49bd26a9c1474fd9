import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Fault } from '../../infra/simulator/faults.ts';
import { prepareMember } from '../../lib/bookings/as-member.ts';
import { BookingRefused, bookAtOnce } from '../../lib/bookings/book-class.ts';
import { firePrebooking } from '../../lib/firing/fire-prebooking.ts';
import { MINUTE, SECOND } from '../../lib/platform/clock.ts';
import { AppError } from '../../lib/platform/errors.ts';
import { computeWakeUp, type Pending, prebookingId } from '../../lib/prebookings/prebooking.ts';
import { bookOrLearnOpening } from '../../lib/routines/book-or-learn-opening.ts';
import { KEYS } from '../support/aimharder/known-answers.ts';
import { startFiring } from '../support/firing/firing.ts';
import { defined } from '../support/sessions/session-world.ts';
import { shareOf } from '../support/share.ts';

/**
 * Every answer × what AimHarder did × how far the timetable lags behind × how the class is booked: 26 × 5 × 3 × 3 = 1,170 cells.
 * In each, what is told is what the timetable shows in the end, and there are never two bookings. Each cell has a day of its own,
 * so that no timetable grows from cell to cell.
 */

const unhurried = new AbortController().signal;
const EMAIL = 'ada@example.com';

/** What AimHarder did. `booked before`: the booking was there, and the request changed nothing. */
const DONE = ['booked', 'waitlisted', 'not booked', 'another class at that hour', 'booked before'] as const;

const LAGS = [0, 2_000, 5_000];

/** @property told the outcome if the member has no place and AimHarder’s words are known. */
type Answer = {
  readonly name: string;
  readonly notDone: Fault;
  readonly done: Fault;
  readonly told?: string | undefined;
};

type Given = Extract<Fault, { kind: 'answer' | 'status' }>;

/** An answer that is the same whether or not the booking was made. */
const either = (name: string, fault: Given, rest: Pick<Answer, 'told'> = {}): Answer => ({
  ...{ name, notDone: fault, done: { ...fault, carriedOut: true } },
  ...rest,
});
const answer = (body: string, status = 200) => ({ kind: 'answer', body, status }) as const;
const known = (name: string, json: object, told?: string): Answer =>
  either(name, answer(JSON.stringify(json)), { told });

const A_DAY_AHEAD = {
  ...{ bookState: -12, errorMssgLang: KEYS.days },
  errorMssg: 'No puedes reservar clases con más de 1 día de antelación',
};

const ANSWERS: readonly Answer[] = [
  known('too early', { bookState: -4 }, 'too-early'),
  // An order follows, which is fired here as well.
  known('too early by a rule', A_DAY_AHEAD),
  known('full', { bookState: -1 }, 'class-full'),
  known('no credit', { bookState: -2 }, 'no-credit'),
  known('unpaid', { bookState: -5 }, 'unpaid'),
  known('too late', { bookState: -7 }, 'too-late'),
  known('the limit', { bookState: -8, max: 1 }, 'booking-limit'),
  known('the contract’s limit', { bookState: -12, errorMssgLang: KEYS.contract }, 'booking-limit'),
  known('“at the same hour”', { bookState: -12, errorMssgLang: KEYS.sameHour }, 'booking-limit'),
  either('503', { kind: 'status', status: 503 }, { told: 'upstream-rejected' }),
  either('429', { kind: 'status', status: 429 }, { told: 'upstream-rejected' }),
  known('an unknown code', { clasesContratadas: '411', bookState: 2, id: '90000001' }),
  known('an unknown key', { bookState: -12, errorMssgLang: 'ALGO_NUEVO', errorMssg: 'Algo nuevo' }),
  known('bookState 0', { bookState: 0 }),
  either('an empty body', answer('')),
  either('a page', answer('<html></html>')),
  either('other JSON', answer('[]')),
  either('201', answer('{"bookState":1}', 201)),
  either('204', answer('', 204)),
  either('400', answer('{}', 400)),
  either('403', answer('<html></html>', 403)),
  either('404', answer('<html></html>', 404)),
  either('500', answer('<html></html>', 500)),
  either('502', answer('<html></html>', 502)),
  { name: 'a reset', notDone: { kind: 'reset' }, done: { kind: 'reset-after' } },
  { name: 'silence', notDone: { kind: 'silent' }, done: { kind: 'silent-after' } },
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
  const sought = { ...soughtIn(wanted), isOrderedIfTooEarly: true };
  return bookAtOnce(deps, member, sought, unhurried).then(
    (result) => ({ ...result, outcome: result.kind === 'too-early' && result.rule !== null ? 'ordered' : result.kind }),
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
  if (attempt.kind === 'opens') return { outcome: 'ordered' };
  const outcome = attempt.kind === 'problem' ? attempt.code : attempt.kind;
  return { outcome: outcome === 'opening-unknown' ? 'too-early' : outcome };
}

type Playing = { readonly options: object; readonly isBookedBefore: boolean; readonly endFault: () => void };

/** Each way to book a class. The firing is woken too late to look at the timetable before its shot. */
const WAYS = {
  'at once': (world: World, playing: Playing) => bookOpen(world, playing, atOnce),
  'by routine': (world: World, playing: Playing) => bookOpen(world, playing, byRoutine),
  async fired(world: World, { options, isBookedBefore }: Playing) {
    const beforehand = isBookedBefore ? (wanted: Wanted) => bookBefore(world, wanted) : undefined;
    const opens = isBookedBefore ? -SECOND : 3 * SECOND;
    const { end, prebooking } = await world.fireOnce(opens, { wanted: options, beforehand });
    const told: Told = typeof end === 'string' ? { outcome: end } : end.result;
    return { told, reserved: reservedIn(world, { classId: prebooking?.classId ?? null }) };
  },
} as const;

async function bookOpen(world: World, { options, isBookedBefore, endFault }: Playing, book: typeof atOnce) {
  const wanted = world.simulator.addClass({ opensInMs: -MINUTE, ...options });
  if (isBookedBefore) await bookBefore(world, wanted);
  const told = await world.clock.run(() => book(world, wanted));
  if (told.outcome !== 'ordered') return { told, reserved: reservedIn(world, wanted) };
  endFault();
  return { told: await fireOrder(world, wanted), reserved: reservedIn(world, wanted) };
}

/** Fires the order that follows a refusal as too early, soon and not at the opening that the refusal names. */
async function fireOrder({ deps, prebookings, clock }: World, wanted: Wanted): Promise<Told> {
  const sought = soughtIn(wanted);
  const opensAt = clock.now() + 3 * SECOND;
  const order: Pending = {
    ...{ ...sought, email: EMAIL, id: prebookingId(EMAIL, sought), generation: 1, opensAt },
    ...{ wakesAt: computeWakeUp(opensAt), createdAt: clock.now(), status: 'pending', armed: true, lease: null },
  };
  await prebookings.put(order, undefined);
  const wakeUp = { email: EMAIL, id: order.id, order: order.generation };
  const end = await clock.run(() => firePrebooking({ ...deps, aimSetting: 'default' }, wakeUp, unhurried));
  return typeof end === 'string' ? { outcome: end } : end.result;
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

const CELLS = shareOf(
  Object.entries(WAYS).flatMap(([way, book]) =>
    ANSWERS.flatMap((one) => DONE.flatMap((done) => LAGS.map((lag) => ({ way, book, one, done, lag })))),
  ),
);

const SHOWN: Readonly<Record<string, 'booked' | 'waitlisted'>> = {
  booked: 'booked',
  'already-booked': 'booked',
  waitlisted: 'waitlisted',
};

describe.each(Object.keys(WAYS))('booked %s,', (name) => {
  let world: World;
  beforeAll(async () => {
    world = await startFiring({ sameHour: 'overlap' });
  });
  afterAll(() => world.stop());

  /** Plays one cell of the matrix, and removes what it leaves. */
  async function play({ book, one: { notDone, done }, done: what, lag: timetableLagMs }: (typeof CELLS)[number]) {
    const { simulator } = world;
    const day = nextDay();
    const atHour = { day, time: TIME };
    if (what === 'another class at that hour')
      await bookBefore(world, simulator.addClass({ opensInMs: -MINUTE, ...atHour, time: '17:30', name: 'OPEN BOX' }));
    simulator.set({ timetableLagMs });
    const isBookedBefore = what === 'booked before';
    const fault = what === 'booked' || what === 'waitlisted' ? done : notDone;
    // The fault begins with the second booking request if the first makes the booking that was there before.
    simulator.failNext('/api/book', fault, 1_000, { skip: isBookedBefore ? 1 : 0 });
    const endFault = () => void simulator.failNext('/api/book', fault, 0);
    const options = { ...atHour, ...(what === 'waitlisted' && { capacity: 0, waitlist: 2 }) };
    const { told, reserved } = await book(world, { options, isBookedBefore, endFault });
    endFault();
    await cancelAll(world, day);
    return { told, reserved };
  }

  test.for(CELLS.filter(({ way }) => way === name))(
    '$one.name, $done, $lag ms behind: told as the timetable shows it',
    async (cell) => {
      const { told, reserved } = await play(cell);

      const { one, done } = cell;
      const [seat, ...more] = reserved;
      expect(more).toEqual([]);
      const shown = seat ? (seat.waitlisted ? 'waitlisted' : 'booked') : undefined;
      expect(SHOWN[told.outcome]).toBe(shown);
      if (seat) expect(told.bookingId).toBe(seat.bookingId);
      else if (one.told !== undefined) expect(told.outcome).toBe(one.told);
      if (done.startsWith('booked') || done === 'waitlisted') expect(seat).toBeDefined();
    },
  );
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
