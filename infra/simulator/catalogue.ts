import type { Instant } from '../../lib/platform/clock.ts';
import { toInstant } from './calendar.ts';
import { between, seededRandom } from './random.ts';
import type { Competitors } from './switches.ts';

export type SimulatedClass = {
  readonly classId: string;
  readonly box: string;
  readonly day: string;
  readonly time: string;
  readonly minutes: number;
  readonly name: string;
  readonly coach: string;
  readonly capacity: number;
  /** Places to wait in; 0: no waitlist. */
  readonly waitlist: number;
  readonly opensAt: Instant;
  readonly competitors: Competitors;
  /** By the box: it is still listed, and nobody gets in. */
  readonly cancelled?: boolean;
  /** Only the box's staff books it for members. */
  readonly staffOnly?: boolean;
};

type Offer = Pick<SimulatedClass, 'time' | 'name' | 'coach' | 'capacity' | 'waitlist'>;

const offer = (time: string, name: string, coach: string, capacity: number, waitlist: number): Offer => ({
  ...{ time, name, coach, capacity, waitlist },
});

/** What every day offers. Two classes may begin at one hour. */
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

/** What only some days offer. */
const SOMETIMES = [
  offer('10:30', 'ENDURANCE', 'Pau', 12, 4),
  offer('11:30', 'MOVILIDAD', 'Núria', 10, 0),
  offer('15:30', 'WOD', 'Pau', 14, 4),
  offer('21:00', 'WOD', 'Núria', 14, 4),
];

/** A day's classes in the order of their hours. `index` is the same on every day, and whatever the seed. */
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

/** When each competitor's booking arrives: the same moments for the same seed. */
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

/** How many of them have booked by then. */
export function countCompetitorsBy(one: SimulatedClass, at: Instant, seed: number): number {
  const arrivals = competitorArrivals(one, seed);
  const later = arrivals.findIndex((arrival) => arrival > at);
  return later === -1 ? arrivals.length : later;
}
