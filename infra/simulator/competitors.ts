import type { Instant } from '../../lib/platform/clock.ts';
import type { GymClass } from './catalogue.ts';
import { between, seededRandom } from './random.ts';

const drawn = new WeakMap<GymClass, { readonly seed: number; readonly arrivals: readonly Instant[] }>();

/** When each competitor's booking arrives: the same moments for the same seed. */
export function competitorArrivals(one: GymClass, seed: number): readonly Instant[] {
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
export function competitorsBy(one: GymClass, at: Instant, seed: number): number {
  const arrivals = competitorArrivals(one, seed);
  const later = arrivals.findIndex((arrival) => arrival > at);
  return later === -1 ? arrivals.length : later;
}
