import type { OpeningDelay } from '../../../lib/boxes/opening-delay.ts';
import { addObservation, delayToAimFor, type Observation } from '../../../lib/firing/opening-delay.ts';
import { DAY, type Instant } from '../../../lib/platform/clock.ts';
import { seeded } from './simulated-path.ts';

export type Openings = {
  /** The time between two openings, in milliseconds. */
  readonly apart: number;
  readonly days: number;
  readonly members: number;
  readonly seed: number;
  /** How late the box opens, in milliseconds. @param day counted from 0. */
  readonly gateMs: (day: number) => number;
  /** Whether AimHarder refuses a member’s first shot although the box is open. */
  readonly isRefusedWrongly?: (opening: number, member: number) => boolean;
};

/** One opening: the largest delay that a shot was aimed for, and how many of them were admitted at once. */
export type Opened = { readonly day: number; readonly aimedMs: number; readonly admitted: number };

const FIRST = Date.UTC(2026, 0, 5, 18, 30);

/** Simulates the openings of a box: its members fire, and then learn the delay one after the other in a random order. */
export function simulateOpenings(openings: Openings): readonly Opened[] {
  const { apart, days, members, seed } = openings;
  const random = seeded(seed);
  const opened: Opened[] = [];
  let known: OpeningDelay | null = null;
  for (let opening = 0; opening * apart < days * DAY; opening += 1) {
    const opensAt = FIRST + opening * apart;
    const before: OpeningDelay | null = known;
    const seen = Array.from({ length: members }, (_, member) =>
      fire(openings, random, { opening, opensAt, member, aimedMs: delayToAimFor(before, opensAt, random()) }),
    );
    const aimedMs = Math.max(...seen.map((one) => one.aimedMs));
    for (const one of seen.toSorted(() => random() - 0.5)) {
      const learned: OpeningDelay | null | undefined = addObservation(known, one, opensAt);
      if (learned !== undefined) known = learned;
    }
    const admitted = seen.filter(({ refusedAtMs }) => refusedAtMs === null).length;
    opened.push({ day: (opening * apart) / DAY, aimedMs, admitted });
  }
  return opened;
}

type Firing = {
  readonly opening: number;
  readonly opensAt: Instant;
  readonly member: number;
  readonly aimedMs: number;
};

/** Fires: the first shot is aimed, and each other shot follows a refusal, which takes AimHarder 0.4 to 1.7 s. */
function fire(
  { apart, gateMs, isRefusedWrongly }: Openings,
  random: () => number,
  { opening, opensAt, member, aimedMs }: Firing,
): Observation {
  const gate = gateMs((opening * apart) / DAY);
  // A shot arrives some milliseconds after its earliest possible arrival.
  const isOpenAt = (soonestMs: number) => soonestMs + 20 * random() >= gate;
  let soonestMs = aimedMs + random();
  let refusedAtMs: number | null = null;
  for (let shot = 0; !isOpenAt(soonestMs) || (shot === 0 && isRefusedWrongly?.(opening, member)); shot += 1) {
    refusedAtMs = soonestMs;
    soonestMs += 400 + 1_300 * random();
  }
  return { opensAt, prebooking: `${opening} ${member}`, aimedMs, refusedAtMs, admittedAtMs: soonestMs };
}
