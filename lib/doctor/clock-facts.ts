import { calibrate } from '../aimharder/calibration.ts';
import type { Connection } from '../aimharder/connection.ts';
import { type Calibration, isPlausible, isWorkedOn } from '../aimharder/estimate.ts';
import { LONGEST_IDLE } from '../aimharder/probe-plan.ts';
import { UpstreamFailure } from '../aimharder/upstream-failure.ts';
import { type Clock, SECOND } from '../platform/clock.ts';
import { defineFact, type Finding } from './finding.ts';

export const CLOCK_FACTS = {
  date: defineFact(
    'Date of answers',
    'AimHarder’s clock cannot be learned: shots are aimed by our own clock, 100 ms late.',
  ),
  clock: defineFact(
    'clock',
    'Shots are aimed by the slowest server’s clock, or, if it is far from ours, by our own clock. They may be late.',
  ),
  path: defineFact(
    'round trip',
    'Nothing changes for this service. The round trip only shows how near AimHarder is to this machine.',
  ),
  file: defineFact(
    'probed file',
    'The length of the path is less certain, so shots arrive about half a round trip later.',
  ),
  idle: defineFact(
    'idle connection',
    'The connection of a shot may close before the shot leaves; then the shot arrives a round trip later.',
  ),
};

/**
 * Checks AimHarder's clock and the round trip with a calibration over one connection. The probes carry no cookie of
 * AimHarder's load balancer, so that every server may answer.
 *
 * @param probingMs how long to probe, in milliseconds.
 */
export async function checkClock(
  connection: Connection,
  { clock, probingMs, signal }: { readonly clock: Clock; readonly probingMs: number; readonly signal: AbortSignal },
): Promise<readonly Finding[]> {
  let answersWithDate = 0;
  let probes = 0;
  const probe = async (inTime: AbortSignal) => {
    probes += 1;
    const answer = await connection.probe([], inTime);
    if (answer.date !== undefined) answersWithDate += 1;
    return answer;
  };
  const calibration = await calibrate({
    clock,
    probe,
    until: clock.monotonic() + probingMs,
    signal,
  });
  if (!calibration) {
    const fault = answersWithDate === 0 ? 'none to rely on: it is missing, or from a cache' : 'stands still';
    return [
      probes === 0 ? CLOCK_FACTS.date.unknown('not asked') : CLOCK_FACTS.date.changed(`${fault}, in ${probes} answers`),
    ];
  }
  const { bounds, roundTrip, answers } = calibration;
  const wallMinusMonotonic = clock.now() - clock.monotonic();
  const aheadMs = (bounds.lower + bounds.upper) / 2 - wallMinusMonotonic;
  const uncertaintyMs = (bounds.upper - bounds.lower) / 2;
  const offset = `${formatMs(Math.abs(aheadMs))} ms ${aheadMs < 0 ? 'behind' : 'ahead of'} this machine’s`;
  const found = `${offset}, give or take ${formatMs(uncertaintyMs)} ms`;
  const { shortest, upperQuartile, longest } = roundTrip;
  return [
    CLOCK_FACTS.date.ok(`whole seconds, in ${answers} answers`),
    judgeClock(calibration, wallMinusMonotonic, found),
    CLOCK_FACTS.path.ok(
      `${formatMs(shortest)} ms at best, ${formatMs(upperQuartile)} ms mostly, ${formatMs(longest)} ms at worst`,
    ),
    ...checkFile(calibration),
  ];
}

/** Judges whether AimHarder's clock can be relied on. @param found the clock's offset, in words. */
function judgeClock(calibration: Calibration, wallMinusMonotonic: number, found: string): Finding {
  if (!isPlausible(calibration, wallMinusMonotonic))
    return CLOCK_FACTS.clock.changed(`cannot be the clock that opens bookings; ${found}`);
  return calibration.disagreement
    ? CLOCK_FACTS.clock.changed(`servers disagree; ${found}`)
    : CLOCK_FACTS.clock.ok(found);
}

/**
 * Judges whether the file that the probes ask for is static: compares their round trips with the time that their connection took
 * to open. Over loopback, that time is not measured, so there is no finding.
 */
function checkFile({ roundTrip: { shortest }, connectMs }: Calibration): readonly Finding[] {
  if (connectMs === undefined) return [];
  const compared = `answers take ${formatMs(shortest)} ms at best, their connection took ${formatMs(connectMs)} ms to open`;
  return isWorkedOn(shortest, connectMs)
    ? [CLOCK_FACTS.file.changed(`made by a program: ${compared}`)]
    : [CLOCK_FACTS.file.ok(`looks static: ${compared}`)];
}

/** The time between two looks at an idle connection, in milliseconds. */
const LOOK_INTERVAL = 50;

/** Watches how long AimHarder keeps an idle connection. @param probingMs how long to watch, in milliseconds. */
export async function checkIdle(
  connection: Connection,
  { clock, probingMs, signal }: { readonly clock: Clock; readonly probingMs: number; readonly signal: AbortSignal },
): Promise<readonly Finding[]> {
  try {
    await connection.probe([], signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof UpstreamFailure)) throw error;
    return [CLOCK_FACTS.idle.unknown(error.code)];
  }
  const [route, since] = [connection.routeId(), clock.monotonic()];
  for (let idle = 0; idle < probingMs; idle = clock.monotonic() - since) {
    if (connection.routeId() !== route) {
      const found = `closed after ${formatSeconds(idle)} s`;
      return [idle < LONGEST_IDLE ? CLOCK_FACTS.idle.changed(found) : CLOCK_FACTS.idle.ok(found)];
    }
    await clock.until(clock.monotonic() + LOOK_INTERVAL, signal);
  }
  return [CLOCK_FACTS.idle.ok(`kept for at least ${formatSeconds(probingMs)} s`)];
}

const formatSeconds = (millis: number): string => (millis / SECOND).toFixed(1);

const formatMs = (millis: number): string => millis.toFixed(1);
