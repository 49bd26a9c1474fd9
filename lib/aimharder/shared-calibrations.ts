import { type Clock, type Instant, SECOND } from '../platform/clock.ts';
import type { SharedCalibration } from './calibration.ts';
import { type Calibration, DRIFT, isPlausible } from './estimate.ts';
import { ProbePool } from './probe-pool.ts';

/**
 * How long a shared calibration and a pooled answer are used, in milliseconds. If AimHarder's clock is set within that time, the
 * probes before and after disagree, as if there were two clocks, and then the slower clock counts.
 */
const KEPT_FOR = 60 * SECOND;

/**
 * If the wall clock gains or loses more than this against the monotonic clock, in milliseconds, all that is shared is dropped. In
 * a frozen Lambda or a sleeping laptop, only the monotonic clock stands still.
 */
const STANDSTILL = 100;

/**
 * Shares the calibration of each box among the connections of this process, and pools their answers, so that members who want
 * the same class need fewer probes. A calibration is not shared if its clock cannot be the one that opens bookings
 * (`isPlausible`), or if its answers disagree; then the box's shared calibration is dropped too.
 */
export function sharedCalibrations(clock: Pick<Clock, 'now' | 'monotonic'>): (box: string) => SharedCalibration {
  const calibrations = new Map<string, Calibration>();
  const pools = new Map<string, ProbePool>();
  let lastDifference = clock.now() - clock.monotonic();
  const forgetAfterStandstill = () => {
    const wallMinusMonotonic = clock.now() - clock.monotonic();
    if (Math.abs(wallMinusMonotonic - lastDifference) > STANDSTILL) {
      calibrations.clear();
      for (const pool of pools.values()) pool.clear();
    }
    lastDifference = wallMinusMonotonic;
  };
  const read = (box: string, at: Instant) => {
    forgetAfterStandstill();
    const known = calibrations.get(box);
    return known && at - known.at <= KEPT_FOR ? known : undefined;
  };
  return (box) => {
    const pool = pools.get(box) ?? new ProbePool(KEPT_FOR);
    pools.set(box, pool);
    return {
      read: (at) => read(box, at),
      share(calibration) {
        const known = read(box, calibration.at);
        if (!isPlausible(calibration, clock.now() - clock.monotonic())) return;
        if (calibration.disagreement) calibrations.delete(box);
        else if (!known || widthOf(calibration, calibration.at) <= widthOf(known, calibration.at))
          calibrations.set(box, calibration);
      },
      join() {
        const poolMember = pool.join();
        const view = (at: Instant) => {
          forgetAfterStandstill();
          return poolMember.view(at);
        };
        return { ...poolMember, view };
      },
    };
  };
}

/** Returns the width of a calibration's bounds at an instant, in milliseconds. */
const widthOf = ({ bounds, at: from }: Calibration, at: Instant) =>
  bounds.upper - bounds.lower + 2 * DRIFT * Math.abs(at - from);
