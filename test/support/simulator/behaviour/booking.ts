import type { AddClass } from '../../../../infra/simulator/simulator.ts';
import { type Behaviour, HOUR } from './behaviour.ts';
import { tooEarly } from './opening.ts';
import * as asked from './questions.ts';

const FULL = { opensInMs: 0, capacity: 0 } satisfies AddClass;

export const booking: readonly Behaviour[] = [
  { switches: {}, says: 'a seat', ask: asked.book, answer: { bookState: 1, id: '90000001' } },
  { switches: { seatState: 0 }, says: 'a seat', ask: asked.book, answer: { bookState: 0, id: '90000001' } },
  { switches: {}, says: 'no session', ask: asked.bookWithoutSession, answer: { logout: 1 } },
  {
    switches: {},
    says: 'the waitlist',
    ask: asked.book,
    wanted: { ...FULL, waitlist: 1 },
    answer: { bookState: 0, id: '90000001' },
  },
  {
    switches: { waitState: 1 },
    says: 'the waitlist',
    ask: asked.book,
    wanted: { ...FULL, waitlist: 1 },
    answer: { bookState: 1, id: '90000001' },
  },
  {
    switches: { waitlistNeedsInsist: true },
    says: 'the waitlist, not insisting',
    ask: asked.book,
    wanted: { ...FULL, waitlist: 1 },
    answer: { bookState: -1 },
  },
  {
    switches: { waitlistNeedsInsist: true },
    says: 'the waitlist, insisting',
    ask: asked.bookInsisting,
    wanted: { ...FULL, waitlist: 1 },
    answer: { bookState: 0 },
  },
  { switches: {}, says: 'full', ask: asked.book, wanted: FULL, answer: { bookState: -1 } },
  {
    switches: {},
    says: 'competitors who have all booked',
    ask: asked.book,
    wanted: { opensInMs: -2_000, capacity: 8, competitors: 8, fillMs: 1_000 },
    answer: { bookState: -1 },
  },
  {
    switches: {},
    says: 'competitors who have not booked yet',
    ask: asked.book,
    wanted: { opensInMs: 0, capacity: 8, competitors: 8, fillMs: 1_000 },
    answer: { bookState: 1 },
  },
  {
    switches: {},
    says: 'competitors, some of them on the waitlist',
    ask: asked.book,
    wanted: { opensInMs: -2_000, capacity: 8, waitlist: 4, competitors: 10, fillMs: 1_000 },
    answer: { bookState: 0 },
  },
  { switches: { competitors: { count: 5, fillMs: 10_000 } }, says: 'seats taken', ask: asked.takenSeats, answer: 5 },
  { switches: { noCredit: true }, says: 'no credit', ask: asked.book, answer: { bookState: -2 } },
  { switches: { outOfTariff: ['WOD'] }, says: 'not in the tariff', ask: asked.book, answer: { bookState: -2 } },
  { switches: { unpaid: true }, says: 'unpaid', ask: asked.book, answer: { bookState: -5 } },
  {
    switches: {},
    says: 'a class that has begun',
    ask: asked.book,
    wanted: { opensInMs: -HOUR, startsInMs: -60_000 },
    answer: { bookState: -7 },
  },
  {
    switches: { closesBeforeMs: 2 * HOUR },
    says: 'closed',
    ask: asked.book,
    wanted: { opensInMs: -HOUR, startsInMs: HOUR },
    answer: { bookState: -7 },
  },
  { switches: { dailyLimit: 0 }, says: 'the day’s limit', ask: asked.book, answer: { bookState: -8, max: 0 } },
  ...(
    [
      ['es', 'Has superado el límite de reservas de tu tarifa'],
      ['ca', 'Has superat el límit de reserves de la teva tarifa'],
      ['en', 'You have exceeded the booking limit of your membership'],
    ] as const
  ).map(([language, text]) => ({
    switches: { contractLimit: 0, language },
    says: 'the contract’s limit',
    ask: asked.book,
    answer: tooEarly('HASSUPERADOLIMITCONTR', text),
  })),
  ...(
    [
      ['es', 'No puedes hacer más de una reserva a la misma hora'],
      ['ca', 'No pots fer més d’una reserva a la mateixa hora'],
      ['en', 'You cannot make more than one booking at the same time'],
    ] as const
  ).map(([language, text]) => ({
    switches: { language },
    says: 'booked already',
    ask: asked.bookTwice,
    answer: tooEarly('NOPUEDESRESERVAMISMAHORA', text),
  })),
  { switches: {}, says: 'for one of the family', ask: asked.bookForFamily('77'), answer: { bookState: 1 } },
  {
    switches: {},
    says: 'for a stranger',
    ask: asked.bookForFamily('78'),
    answer: { errorMssg: 'El familiar no existe' },
  },
  {
    switches: {},
    says: 'cancelled by the box',
    ask: asked.book,
    wanted: { opensInMs: 0, cancelled: true },
    answer: { bookState: -12, errorMssg: 'Esta clase no se puede reservar' },
  },
  {
    switches: {},
    says: 'for the staff',
    ask: asked.book,
    wanted: { opensInMs: 0, staffOnly: true },
    answer: { bookState: -12 },
  },
];

const soon = (hours: number): AddClass => ({ opensInMs: -1, startsInMs: hours * HOUR });

export const cancelling: readonly Behaviour[] = [
  { switches: {}, says: 'cancelled in time', ask: asked.cancel('0'), wanted: soon(2), answer: { cancelState: 1 } },
  { switches: {}, says: 'cancelled late', ask: asked.cancel('0'), wanted: soon(1), answer: { cancelState: 2 } },
  { switches: {}, says: 'late, and meant', ask: asked.cancel('1'), wanted: soon(1), answer: { cancelState: 1 } },
  { switches: {}, says: 'by the slot’s id', ask: asked.cancel('0', 'slot'), answer: { cancelState: 3 } },
  {
    switches: { lateCancelMs: 0 },
    says: 'never late',
    ask: asked.cancel('0'),
    wanted: soon(1),
    answer: { cancelState: 1 },
  },
];
