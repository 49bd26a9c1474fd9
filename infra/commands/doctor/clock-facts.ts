import { calibrate, type SharedCalibration } from '../../../lib/aimharder/calibration.ts';
import type { Connection } from '../../../lib/aimharder/connection.ts';
import type { Clock } from '../../../lib/platform/clock.ts';
import { defineFact, type Finding } from './finding.ts';

const FACTS = {
  date: defineFact(
    'Date of answers',
    'AimHarder’s clock cannot be learned: shots are aimed by our own clock, 100 ms late.',
  ),
  clock: defineFact(
    'clock',
    'Shots are aimed by the clock of the server that is furthest behind, so they may be late.',
  ),
  path: defineFact(
    'round trip',
    'Nothing changes for this service. The round trip only tells how near AimHarder is to this machine.',
  ),
};

/** Shares no calibration with other connections. */
const NOT_SHARED: SharedCalibration = { read: () => undefined, share: () => undefined };

/**
 * Checks AimHarder's clock and the round trip with a calibration over one connection. The probes carry no cookie of the
 * balancer, so that every server may answer.
 *
 * @param probingMs how long to probe, in milliseconds.
 */
export async function checkClock(
  connection: Connection,
  { clock, probingMs, signal }: { readonly clock: Clock; readonly probingMs: number; readonly signal: AbortSignal },
): Promise<readonly Finding[]> {
  let answersWithDate = 0;
  let probes = 0;
  const probe = async (patience: AbortSignal) => {
    probes += 1;
    const answer = await connection.probe([], patience);
    if (answer.date !== undefined) answersWithDate += 1;
    return answer;
  };
  const calibration = await calibrate({
    clock,
    probe,
    until: clock.monotonic() + probingMs,
    shared: NOT_SHARED,
    signal,
  });
  if (!calibration) {
    const fault = answersWithDate === 0 ? 'none to rely on: it is missing, or from a cache' : 'stands still';
    return [probes === 0 ? FACTS.date.unknown('not asked') : FACTS.date.changed(`${fault}, in ${probes} answers`)];
  }
  const { bounds, roundTrip, disagreement, answers } = calibration;
  const wallMinusMonotonic = clock.now() - clock.monotonic();
  const aheadMs = (bounds.lower + bounds.upper) / 2 - wallMinusMonotonic;
  const uncertaintyMs = (bounds.upper - bounds.lower) / 2;
  const found = `${tenths(Math.abs(aheadMs))} ms ${aheadMs < 0 ? 'behind' : 'ahead of'} this machine’s, give or take ${tenths(uncertaintyMs)} ms`;
  const { shortest, upperQuartile, longest } = roundTrip;
  return [
    FACTS.date.ok(`whole seconds, in ${answers} answers`),
    disagreement ? FACTS.clock.changed(`servers disagree; ${found}`) : FACTS.clock.ok(found),
    FACTS.path.ok(`${tenths(shortest)} ms at best, ${tenths(upperQuartile)} ms mostly, ${tenths(longest)} ms at worst`),
  ];
}

const tenths = (millis: number): string => millis.toFixed(1);
