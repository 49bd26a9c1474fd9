import type { AddClass, SimulatorOptions } from '../../../../infra/simulator/simulator.ts';
import { browser } from '../member.ts';
import { type Behaviour, HOUR } from './behaviour.ts';
import type { Ask } from './questions.ts';

/** Books and cancels. After each act, returns the member's state in the timetable at once, after 2 s and after 5 s. */
const shownAfterEach: Ask = async ({ member, clock }, wanted) => {
  await member.login();
  const shown: unknown[] = [];
  const look = async () => {
    for (const pause of [0, 2_000, 3_000]) {
      clock.advance(pause);
      shown.push((await member.row(wanted))?.['bookState']);
    }
  };
  const { json } = await member.book(wanted);
  await look();
  await member.cancel(wanted, String(json['id']), '1');
  await look();
  return shown;
};

/** Books a class, and then one that starts half an hour later, while the first still runs. */
const bookOverlapping: Ask = async ({ simulator, member }, wanted) => {
  await member.login();
  await member.book(wanted);
  const later = simulator.addClass({ opensInMs: 0, day: wanted.day, time: wanted.time.replace(':00', ':30') });
  return (await member.book(later)).json;
};

/** Books with a fault. @returns the answer, and the member's state in the timetable after it. */
const bookAndLook: Ask = async ({ member }, wanted) => {
  await member.login();
  const { status, text } = await member.book(wanted);
  return { status, text, shown: (await member.row(wanted))?.['bookState'] };
};

/** Cancels with a fault. @returns whether the timetable still shows the booking. */
const cancelAndLook: Ask = async ({ member }, wanted) => {
  await member.login();
  const { json } = await member.book(wanted);
  const answered = await member.cancel(wanted, String(json['id']), '1').then(
    ({ status }) => status,
    () => 'broken',
  );
  return { answered, shown: (await member.row(wanted))?.['bookState'] };
};

/** Books, and reads the list of the member's own bookings. @returns what it shows to the member, and to nobody. */
const readNextBookings: Ask = async ({ simulator, member }, wanted) => {
  await member.login();
  await member.book(wanted);
  const url = member.at(wanted.box, `/api/nextBookings?box=${wanted.boxId}&familyId=`);
  const [own, stranger] = [await member.send(url), await browser(simulator).send(url)];
  return { status: own.status, next: own.json['nextClasses'], toNobody: stranger.json };
};

const NEXT = {
  id: 590_000_001,
  day: 'Domingo, 18 de Enero de 2026',
  time: '17:00 - 18:00',
  className: 'WOD',
  bookState: 1,
};

const EVENING = { opensInMs: 0, day: '2026-01-18', time: '17:00' } satisfies AddClass;
const SOON = { opensInMs: 0, startsInMs: HOUR } satisfies AddClass;
const UNKNOWN = { kind: 'answer', body: '{"bookState":2}' } as const;

const fault = (path: string, one: NonNullable<SimulatorOptions['faultRates']>[number]['fault']): SimulatorOptions => ({
  faultRates: [{ path, fault: one, rate: 1 }],
});

/** What a client sees in the timetable after its acts. */
export const readingBack: readonly Behaviour[] = [
  { switches: {}, says: 'shown at once', ask: shownAfterEach, wanted: SOON, answer: [1, 1, 1, null, null, null] },
  {
    switches: { timetableLagMs: 2_000 },
    says: 'shown 2 s later',
    ask: shownAfterEach,
    wanted: SOON,
    answer: [null, 1, 1, 1, null, null],
  },
  {
    switches: { timetableLagMs: 5_000 },
    says: 'shown 5 s later',
    ask: shownAfterEach,
    wanted: SOON,
    answer: [null, null, 1, 1, 1, null],
  },
  {
    switches: {},
    says: 'next bookings',
    ask: readNextBookings,
    wanted: EVENING,
    answer: { status: 200, next: [NEXT], toNobody: { logout: 1 } },
  },
  {
    switches: { nextBookings: 'public' },
    says: 'next bookings',
    ask: readNextBookings,
    wanted: EVENING,
    answer: { status: 200, next: [NEXT], toNobody: { nextClasses: [], history: [] } },
  },
  ...(['404', 'html'] as const).map((nextBookings) => ({
    switches: { nextBookings },
    says: 'next bookings are gone',
    ask: readNextBookings,
    wanted: EVENING,
    answer: { status: nextBookings === 'html' ? 200 : 404, next: undefined, toNobody: {} },
  })),
  {
    switches: { typeDrift: true },
    says: 'next bookings',
    ask: readNextBookings,
    wanted: EVENING,
    answer: { next: [{ ...NEXT, id: '590000001', day: '18 de Enero de 2026', time: '17:00', bookState: '1' }] },
  },
  {
    switches: { timetableLagMs: 2_000 },
    says: 'next bookings',
    ask: readNextBookings,
    wanted: EVENING,
    answer: { next: [] },
  },
  { switches: {}, says: 'overlapping', ask: bookOverlapping, wanted: EVENING, answer: { bookState: 1 } },
  {
    switches: { sameHour: 'overlap' },
    says: 'overlapping',
    ask: bookOverlapping,
    wanted: EVENING,
    answer: { bookState: -12, errorMssgLang: 'NOPUEDESRESERVAMISMAHORA' },
  },
  {
    switches: fault('/api/book', UNKNOWN),
    says: 'not booked behind an unknown answer',
    ask: bookAndLook,
    answer: { status: 200, text: UNKNOWN.body, shown: null },
  },
  {
    switches: fault('/api/book', { ...UNKNOWN, carriedOut: true }),
    says: 'booked behind an unknown answer',
    ask: bookAndLook,
    answer: { status: 200, text: UNKNOWN.body, shown: 1 },
  },
  {
    switches: fault('/api/book', { kind: 'status', status: 500, carriedOut: true }),
    says: 'booked behind an error',
    ask: bookAndLook,
    answer: { status: 500, shown: 1 },
  },
  {
    switches: fault('/api/cancelBook', { kind: 'reset' }),
    says: 'not cancelled, and broken',
    ask: cancelAndLook,
    wanted: SOON,
    answer: { answered: 'broken', shown: 1 },
  },
  {
    switches: fault('/api/cancelBook', { kind: 'reset-after' }),
    says: 'cancelled, and broken',
    ask: cancelAndLook,
    wanted: SOON,
    answer: { answered: 'broken', shown: null },
  },
];
