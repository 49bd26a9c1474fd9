import * as z from 'zod/mini';
import type { Instant } from '../../lib/platform/clock.ts';
import { toInstant } from './calendar.ts';
import { createSeededRandom, drawBetween } from './random.ts';

/** Simulated members who compete for a class: `count` of them book the class within `fillMs` milliseconds after its opening. */
export const Competitors = z.readonly(z.object({ count: z.number(), fillMs: z.number() }));
export type Competitors = z.infer<typeof Competitors>;

export const SimulatedClass = z.readonly(
  z.object({
    classId: z.string(),
    box: z.string(),
    /** The start: `YYYY-MM-DD` and `HH:MM` on the box's wall clock. */
    day: z.string(),
    time: z.string(),
    /** The duration. */
    minutes: z.number(),
    name: z.string(),
    coach: z.string(),
    capacity: z.number(),
    /** The number of places on the waitlist; 0: the class has no waitlist. */
    waitlist: z.number(),
    /** The opening, in epoch milliseconds. */
    opensAt: z.number(),
    competitors: Competitors,
    /** Whether the box has cancelled the class. It is still listed, but cannot be booked. */
    cancelled: z.optional(z.boolean()),
    /** Whether only the box's staff can book the class. */
    staffOnly: z.optional(z.boolean()),
  }),
);
export type SimulatedClass = z.infer<typeof SimulatedClass>;

/** A class that a box offers, without a date. */
type Offer = Pick<SimulatedClass, 'time' | 'name' | 'coach' | 'capacity' | 'waitlist'>;

const toOffer = (time: string, name: string, coach: string, capacity: number, waitlist: number): Offer => ({
  time,
  name,
  coach,
  capacity,
  waitlist,
});

/** The classes of every day. Some begin at the same time. */
const DAILY = [
  toOffer('07:00', 'WOD', 'Marta', 14, 4),
  toOffer('08:00', 'WOD', 'Marta', 14, 4),
  toOffer('09:30', 'OPEN BOX', 'Pau', 10, 0),
  toOffer('09:30', 'WOD', 'Marta', 14, 4),
  toOffer('13:00', 'HALTEROFILIA', 'Pau', 8, 2),
  toOffer('17:00', 'WOD', 'Iker', 14, 4),
  toOffer('18:00', 'WOD', 'Iker', 14, 4),
  toOffer('18:00', 'GIMNÁSTICOS', 'Núria', 10, 2),
  toOffer('19:00', 'WOD', 'Iker', 14, 4),
  toOffer('20:00', 'OPEN BOX', 'Núria', 10, 0),
];

/** Classes that are not offered on every day. Each day has about half of them. */
const OCCASIONAL = [
  toOffer('10:30', 'ENDURANCE', 'Pau', 12, 4),
  toOffer('11:30', 'MOVILIDAD', 'Núria', 10, 0),
  toOffer('15:30', 'WOD', 'Pau', 14, 4),
  toOffer('21:00', 'WOD', 'Núria', 14, 4),
];

/** Lists a day's offers by time. `index` identifies an offer: it is the same on every day and for every seed. */
export function listOffers(box: string, day: string, seed: number): readonly (Offer & { readonly index: number })[] {
  const random = createSeededRandom(seed, `offers ${box} ${day}`);
  const chosen = OCCASIONAL.map((offer, index) => ({ ...offer, index: DAILY.length + index })).filter(
    () => random() < 0.5,
  );
  return [...DAILY.map((offer, index) => ({ ...offer, index })), ...chosen].toSorted((left, right) =>
    left.time.localeCompare(right.time),
  );
}

/** Caches the starts of classes, because computing them with Intl takes long. */
const starts = new WeakMap<SimulatedClass, Instant>();

/** Computes when a class starts. */
export function computeStart(gymClass: SimulatedClass, timezone: string): Instant {
  const start = starts.get(gymClass) ?? toInstant(gymClass, timezone);
  starts.set(gymClass, start);
  return start;
}

/** Caches the arrivals that were drawn for a class, with their seed. */
const drawnArrivals = new WeakMap<SimulatedClass, { readonly seed: number; readonly arrivals: readonly Instant[] }>();

/** Draws when each competitor's booking arrives. The same seed gives the same instants. */
export function drawCompetitorArrivals(gymClass: SimulatedClass, seed: number): readonly Instant[] {
  const drawn = drawnArrivals.get(gymClass);
  if (drawn?.seed === seed) return drawn.arrivals;
  const { classId, opensAt, competitors } = gymClass;
  const random = createSeededRandom(seed, `competitors ${classId}`);
  const arrivals = Array.from(
    { length: competitors.count },
    () => opensAt + drawBetween(random, 0, competitors.fillMs),
  ).toSorted((left, right) => left - right);
  drawnArrivals.set(gymClass, { seed, arrivals });
  return arrivals;
}

/** Counts the competitors who have booked by an instant. */
export function countCompetitorsBy(gymClass: SimulatedClass, at: Instant, seed: number): number {
  const arrivals = drawCompetitorArrivals(gymClass, seed);
  const firstLaterIndex = arrivals.findIndex((arrival) => arrival > at);
  return firstLaterIndex === -1 ? arrivals.length : firstLaterIndex;
}
