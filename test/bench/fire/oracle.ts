import { prepareShot } from '../../../lib/aimharder/client.ts';
import { openConnection } from '../../../lib/aimharder/connection.ts';
import { systemClock as clock } from '../../../lib/platform/system-clock.ts';
import type { Arrival } from '../simulators.ts';
import type { Opening, Oracle } from './ways.ts';

/** How many bookings before the opening teach an oracle its path. */
const LESSONS = 5;

/** How many oracles learn concurrently. */
const CONCURRENT_LESSONS = 50;

type Pupil = { readonly connection: Oracle['connection']; readonly sentAt: readonly number[] };

/**
 * Teaches oracles what no client can know: each books over a network without jitter, and reads in the simulator's record when
 * its bookings arrived. A connection's path is drawn once, so the oracle keeps its connection.
 */
export async function teachOracles(
  openings: readonly Opening[],
  arrivedAt: () => Promise<(opening: Opening) => readonly Arrival[]>,
  signal: AbortSignal,
): Promise<readonly Oracle[]> {
  const pupils: Pupil[] = [];
  for (let first = 0; first < openings.length; first += CONCURRENT_LESSONS) {
    const some = openings.slice(first, first + CONCURRENT_LESSONS);
    pupils.push(...(await Promise.all(some.map((opening) => learn(opening, signal)))));
  }
  const arrived = await arrivedAt();
  return openings.map((opening, index) => {
    const { connection, sentAt } = pupils[index] ?? { connection: connectionFor(opening), sentAt: [] };
    const lessons = arrived(opening);
    return { connection, ahead: Math.min(...sentAt.map((sent, lesson) => (lessons[lesson]?.arrivedAt ?? 0) - sent)) };
  });
}

const connectionFor = ({ simulator, wanted }: Opening) =>
  openConnection({ origins: simulator.origins, box: wanted.box, clock });

async function learn(opening: Opening, signal: AbortSignal): Promise<Pupil> {
  const connection = connectionFor(opening);
  const sentAt: number[] = [];
  for (let lesson = 0; lesson < LESSONS; lesson += 1) {
    sentAt.push((await prepareShot(connection, clock, opening.member.session, opening.wanted).fire(signal)).sentAt);
  }
  return { connection, sentAt };
}
