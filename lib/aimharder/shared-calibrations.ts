import { type Clock, type Instant, SECOND } from '../platform/clock.ts';
import { type Calibration, DRIFT, type SharedCalibration } from './calibration.ts';

/** For so long, in milliseconds, what was told counts: a clock that has been set since would be taken for two. */
const COUNTS_FOR = 60 * SECOND;

/**
 * A monotonic clock that stood still meanwhile, as that of a frozen Lambda or a sleeping laptop does, shows in the wall
 * clock running ahead of it by more than this, in milliseconds. What was told before is then worth nothing.
 */
const STOOD_STILL = 100;

/**
 * What the connections of this process have found out of each box's clock: members who want the same class need not each
 * find it anew. Where answers disagree nothing is shared, and each connection has to be safe by itself.
 */
export function sharedCalibrations(clock: Pick<Clock, 'now' | 'monotonic'>): (box: string) => SharedCalibration {
  const byBox = new Map<string, Calibration>();
  let ahead = clock.now() - clock.monotonic();
  return (box) => {
    const told = (at: Instant) => {
      const aheadNow = clock.now() - clock.monotonic();
      if (Math.abs(aheadNow - ahead) > STOOD_STILL) byBox.clear();
      ahead = aheadNow;
      const known = byBox.get(box);
      return known && at - known.at <= COUNTS_FOR ? known : undefined;
    };
    return {
      read: told,
      share(calibration) {
        const known = told(calibration.at);
        if (calibration.disagreement) byBox.delete(box);
        else if (!known || widthOf(calibration, calibration.at) <= widthOf(known, calibration.at))
          byBox.set(box, calibration);
      },
    };
  };
}

const widthOf = ({ bounds, at: from }: Calibration, at: Instant) =>
  bounds.upper - bounds.lower + 2 * DRIFT * Math.abs(at - from);
