import { prepareShot } from '../../../lib/aimharder/client.ts';
import { openConnection } from '../../../lib/aimharder/connection.ts';
import { systemClock as clock } from '../../../lib/platform/system-clock.ts';
import type { Arrived } from '../simulators.ts';
import type { Opening, Oracle } from './ways.ts';

/** Shots at the closed gate that teach an oracle its path. */
const LESSONS = 5;

/** How many learn at a time: more would only wait for each other. */
const CLASSROOM = 50;

type Pupil = { readonly connection: Oracle['connection']; readonly sentAt: readonly number[] };

/**
 * What no client can know: over a network that does not jitter yet, from the simulator's own record of when shots arrived.
 * The path over a connection is drawn once, so the connection is kept.
 */
export async function oraclesFor(
  openings: readonly Opening[],
  arrivedAt: () => Promise<(opening: Opening) => readonly Arrived[]>,
  signal: AbortSignal,
): Promise<readonly Oracle[]> {
  const pupils: Pupil[] = [];
  for (let first = 0; first < openings.length; first += CLASSROOM) {
    const some = openings.slice(first, first + CLASSROOM);
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
