import * as z from 'zod/mini';
import type { Instant } from '../../lib/platform/clock.ts';
import { toInstant } from './calendar.ts';
import { between, seededRandom } from './random.ts';

/** Others who want a class: `count` of them book within `fillMs` after its opening. */
export const Competitors = z.readonly(z.object({ count: z.number(), fillMs: z.number() }));
export type Competitors = z.infer<typeof Competitors>;

export const SimulatedClass = z.readonly(
  z.object({
    classId: z.string(),
    box: z.string(),
    /** `YYYY-MM-DD` and `HH:MM` on the box's wall clock. */
    day: z.string(),
    time: z.string(),
    minutes: z.number(),
    name: z.string(),
    coach: z.string(),
    capacity: z.number(),
    /** How many can wait; 0: there is no waitlist. */
    waitlist: z.number(),
    /** In epoch milliseconds. */
    opensAt: z.number(),
    competitors: Competitors,
    /** By the box: the class is still listed, but nobody can book it. */
    cancelled: z.optional(z.boolean()),
    /** Only the box's staff books it for members. */
    staffOnly: z.optional(z.boolean()),
  }),
);
export type SimulatedClass = z.infer<typeof SimulatedClass>;

type Offer = Pick<SimulatedClass, 'time' | 'name' | 'coach' | 'capacity' | 'waitlist'>;

const offer = (time: string, name: string, coach: string, capacity: number, waitlist: number): Offer => ({
  ...{ time, name, coach, capacity, waitlist },
});

/** The classes of every day. Two may begin at the same time. */
const DAILY = [
  offer('07:00', 'WOD', 'Marta', 14, 4),
  offer('08:00', 'WOD', 'Marta', 14, 4),
  offer('09:30', 'OPEN BOX', 'Pau', 10, 0),
  offer('09:30', 'WOD', 'Marta', 14, 4),
  offer('13:00', 'HALTEROFILIA', 'Pau', 8, 2),
  offer('17:00', 'WOD', 'Iker', 14, 4),
  offer('18:00', 'WOD', 'Iker', 14, 4),
  offer('18:00', 'GIMNÁSTICOS', 'Núria', 10, 2),
  offer('19:00', 'WOD', 'Iker', 14, 4),
  offer('20:00', 'OPEN BOX', 'Núria', 10, 0),
];

/** The classes of some days only. */
const SOMETIMES = [
  offer('10:30', 'ENDURANCE', 'Pau', 12, 4),
  offer('11:30', 'MOVILIDAD', 'Núria', 10, 0),
  offer('15:30', 'WOD', 'Pau', 14, 4),
  offer('21:00', 'WOD', 'Núria', 14, 4),
];

/** Lists a day's classes by time. A class's `index` does not depend on the day or the seed. */
export function offersOn(box: string, day: string, seed: number): readonly (Offer & { readonly index: number })[] {
  const random = seededRandom(seed, `offers ${box} ${day}`);
  const extra = SOMETIMES.map((one, nth) => ({ ...one, index: DAILY.length + nth })).filter(() => random() < 0.5);
  return [...DAILY.map((one, index) => ({ ...one, index })), ...extra].toSorted((a, b) => a.time.localeCompare(b.time));
}

const starts = new WeakMap<SimulatedClass, Instant>();

export function startOf(one: SimulatedClass, timezone: string): Instant {
  const known = starts.get(one) ?? toInstant(one, timezone);
  starts.set(one, known);
  return known;
}

const drawn = new WeakMap<SimulatedClass, { readonly seed: number; readonly arrivals: readonly Instant[] }>();

/** Draws when each competitor's booking arrives. The same seed gives the same instants. */
export function competitorArrivals(one: SimulatedClass, seed: number): readonly Instant[] {
  const known = drawn.get(one);
  if (known?.seed === seed) return known.arrivals;
  const { classId, opensAt, competitors } = one;
  const random = seededRandom(seed, `competitors ${classId}`);
  const arrivals = Array.from(
    { length: competitors.count },
    () => opensAt + between(random, 0, competitors.fillMs),
  ).toSorted((a, b) => a - b);
  drawn.set(one, { seed, arrivals });
  return arrivals;
}

/** Counts the competitors who have booked by an instant. */
export function countCompetitorsBy(one: SimulatedClass, at: Instant, seed: number): number {
  const arrivals = competitorArrivals(one, seed);
  const later = arrivals.findIndex((arrival) => arrival > at);
  return later === -1 ? arrivals.length : later;
}
