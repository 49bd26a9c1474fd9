import { type Clock, type Instant, SECOND } from '../platform/clock.ts';
import type { SharedCalibration } from './calibration.ts';
import { type Calibration, DRIFT, isPlausible } from './estimate.ts';

/**
 * How long a shared calibration is used, in milliseconds. If AimHarder sets its clock meanwhile, probes before and after look
 * like probes of two clocks.
 */
const KEPT_FOR = 60 * SECOND;

/**
 * Our monotonic clock stands still in a frozen Lambda or a sleeping laptop. Then the wall clock runs ahead of it by more
 * than this, in milliseconds, and what was shared before is worthless.
 */
const STOOD_STILL = 100;

/**
 * Shares, per box, what the connections of this process have found out about its clock, so that members who want the same
 * class do not each calibrate anew. Where answers disagree, nothing is shared: each connection has to be safe by itself. Nor is a clock
 * that cannot be the one that opens bookings.
 */
export function sharedCalibrations(clock: Pick<Clock, 'now' | 'monotonic'>): (box: string) => SharedCalibration {
  const byBox = new Map<string, Calibration>();
  let lastDifference = clock.now() - clock.monotonic();
  return (box) => {
    const read = (at: Instant) => {
      const wallMinusMonotonic = clock.now() - clock.monotonic();
      if (Math.abs(wallMinusMonotonic - lastDifference) > STOOD_STILL) byBox.clear();
      lastDifference = wallMinusMonotonic;
      const known = byBox.get(box);
      return known && at - known.at <= KEPT_FOR ? known : undefined;
    };
    return {
      read,
      share(calibration) {
        const known = read(calibration.at);
        if (!isPlausible(calibration, clock.now() - clock.monotonic())) return;
        if (calibration.disagreement) byBox.delete(box);
        else if (!known || widthOf(calibration, calibration.at) <= widthOf(known, calibration.at))
          byBox.set(box, calibration);
      },
    };
  };
}

const widthOf = ({ bounds, at: from }: Calibration, at: Instant) =>
  bounds.upper - bounds.lower + 2 * DRIFT * Math.abs(at - from);
