import { calibrate, type SharedCalibration } from '../../../lib/aimharder/calibration.ts';
import type { Connection } from '../../../lib/aimharder/connection.ts';
import type { Clock } from '../../../lib/platform/clock.ts';
import { type Finding, fact } from './finding.ts';

const FACTS = {
  date: fact('Date of answers', 'AimHarder’s clock cannot be learned: shots are aimed by our own clock, 100 ms late.'),
  clock: fact('clock', 'Shots are aimed by the clock of the server that is furthest behind, so they may be late.'),
  path: fact('round trip', 'Nothing: it only says how near AimHarder is to this machine.'),
};

const alone: SharedCalibration = { read: () => undefined, share: () => undefined };

/**
 * Calibrates AimHarder's clock and the path to it over one connection. It sends no cookie of the balancer, so that every
 * server may answer.
 *
 * @param takes how long to probe, in milliseconds.
 */
export async function checkClock(
  connection: Connection,
  { clock, takes, signal }: { readonly clock: Clock; readonly takes: number; readonly signal: AbortSignal },
): Promise<readonly Finding[]> {
  let dated = 0;
  let asked = 0;
  const probe = async (patience: AbortSignal) => {
    asked += 1;
    const answer = await connection.probe([], patience);
    if (answer.date !== undefined) dated += 1;
    return answer;
  };
  const calibration = await calibrate({ clock, probe, until: clock.monotonic() + takes, shared: alone, signal });
  if (!calibration) {
    const found = dated === 0 ? 'none to rely on: it is missing, or from a cache' : 'stands still';
    return [asked === 0 ? FACTS.date.unknown('not asked') : FACTS.date.changed(`${found}, in ${asked} answers`)];
  }
  const { bounds, roundTrip, disagreement, answers } = calibration;
  const wallMinusMonotonic = clock.now() - clock.monotonic();
  const ahead = (bounds.lower + bounds.upper) / 2 - wallMinusMonotonic;
  const within = (bounds.upper - bounds.lower) / 2;
  const found = `${tenths(Math.abs(ahead))} ms ${ahead < 0 ? 'behind' : 'ahead of'} this machine’s, give or take ${tenths(within)} ms`;
  const { shortest, upperQuartile, longest } = roundTrip;
  return [
    FACTS.date.ok(`whole seconds, in ${answers} answers`),
    disagreement ? FACTS.clock.changed(`servers disagree; ${found}`) : FACTS.clock.ok(found),
    FACTS.path.ok(`${tenths(shortest)} ms at best, ${tenths(upperQuartile)} ms mostly, ${tenths(longest)} ms at worst`),
  ];
}

const tenths = (millis: number): string => millis.toFixed(1);
