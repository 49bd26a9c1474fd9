import { type Calibration, DRIFT } from '../aimharder/estimate.ts';
import type { Instant } from '../platform/clock.ts';
import type { Environment } from '../platform/environment.ts';

/**
 * `default`: the shot is not early with 99.999 % confidence. `safe`: only the proven bounds count, so the shot arrives about a
 * round trip later.
 */
export type AimSetting = 'default' | 'safe';

/** Reads the setting from `AIM`. @throws Error if the value is no `AimSetting`. */
export function aimSettingFrom({ AIM = 'default' }: Environment): AimSetting {
  if (AIM !== 'default' && AIM !== 'safe') throw new Error('configuration: AIM must be default or safe');
  return AIM;
}

export type Aim = {
  /** When to send the shot, on our monotonic clock. */
  readonly sendAt: Instant;
  /** The basis of the aim: AimHarder's clock and the path to it, only the proven bound of that clock, or our wall clock. */
  readonly method: 'calibrated' | 'bounded' | 'local-clock';
};

/**
 * How late to aim if AimHarder's clock is unknown, in milliseconds. Two synchronised clocks differ by a few milliseconds, and
 * being this late costs less than an early request, whose refusal takes up to 1.7 s.
 */
export const LOCAL_MARGIN = 100;

/**
 * Computes when the first shot leaves: as soon as it cannot arrive early, or now if that instant is past. With the setting
 * `default`, a calibration that is less exact than our own clock (`isVague`) never makes the shot leave later than our clock
 * would.
 *
 * @param openingDelayMs how much later than `opensAt` this box was seen to open by its own `Date`.
 * @param isPathKnown false if the shot does not go over the calibrated connection.
 */
export function aim({
  calibration,
  opensAt,
  now,
  monotonic,
  setting = 'default',
  openingDelayMs = 0,
  isPathKnown = true,
}: {
  readonly calibration: Calibration | undefined;
  readonly opensAt: Instant;
  /** Our wall clock and our monotonic clock, read together. */
  readonly now: Instant;
  readonly monotonic: Instant;
  readonly setting?: AimSetting;
  readonly openingDelayMs?: number;
  readonly isPathKnown?: boolean;
}): Aim {
  const target = opensAt + openingDelayMs;
  const wallMinusMonotonic = now - monotonic;
  const byOurClock: Aim = { sendAt: target + LOCAL_MARGIN - wallMinusMonotonic, method: 'local-clock' };
  if (!calibration) return { ...byOurClock, sendAt: Math.max(byOurClock.sendAt, monotonic) };
  const byCalibration = aimByCalibration(calibration, target, setting === 'default' && isPathKnown);
  const mayUseOurClock = setting === 'default' && isVague(calibration, wallMinusMonotonic, opensAt);
  const { sendAt, method } = mayUseOurClock && byOurClock.sendAt < byCalibration.sendAt ? byOurClock : byCalibration;
  return { sendAt: Math.max(sendAt, monotonic), method };
}

/** @param countsPath whether the time that the shot takes to AimHarder counts; if not, the shot is aimed as if it took none. */
function aimByCalibration(calibration: Calibration, target: Instant, countsPath: boolean): Aim {
  const { bounds, arrival } = calibration;
  /** By how much AimHarder's clock at the arrival is ahead of our monotonic clock at the sending, at least. */
  const leastAhead = countsPath ? arrival.earliest : bounds.lower;
  const sendAt = target - leastAhead;
  const method = leastAhead > bounds.lower ? 'calibrated' : 'bounded';
  // The clocks may drift apart until the shot leaves, so it leaves later by that much.
  return { sendAt: sendAt + drift(calibration, sendAt), method };
}

/**
 * Checks whether a calibration is less exact than our own clock: its bounds are wider than the margin of our clock, and our
 * clock lies within them.
 */
function isVague(calibration: Calibration, wallMinusMonotonic: number, opensAt: Instant): boolean {
  const widening = drift(calibration, opensAt - wallMinusMonotonic);
  const [lower, upper] = [calibration.bounds.lower - widening, calibration.bounds.upper + widening];
  return upper - lower > LOCAL_MARGIN && lower <= wallMinusMonotonic && wallMinusMonotonic <= upper;
}

export type Lateness = {
  /** When the shot left, by our wall clock. */
  readonly firedAt: Instant;
  /**
   * How late the shot arrived, in milliseconds on AimHarder's clock; negative is early. If that clock is unknown, how late the
   * shot left, by our wall clock.
   */
  readonly latenessMs: number;
  /** How far the true lateness may be from `latenessMs`, either way, in milliseconds; null if AimHarder's clock is unknown. */
  readonly latenessBoundMs: number | null;
};

/** Estimates how late a shot arrived. @param sentAt when it left, on our monotonic clock. */
export function estimateLateness({
  sentAt,
  opensAt,
  calibration,
  wallMinusMonotonic,
}: {
  readonly sentAt: Instant;
  readonly opensAt: Instant;
  readonly calibration: Calibration | undefined;
  readonly wallMinusMonotonic: number;
}): Lateness {
  const firedAt = sentAt + wallMinusMonotonic;
  if (!calibration) return { firedAt, latenessMs: roundToTenth(firedAt - opensAt), latenessBoundMs: null };
  const typical = sentAt + calibration.arrival.typical;
  const bound = Math.max(
    typical - arrivesAtSoonest(calibration, sentAt),
    arrivesAtLatest(calibration, sentAt) - typical,
  );
  return { firedAt, latenessMs: roundToTenth(typical - opensAt), latenessBoundMs: roundToTenth(bound) };
}

/** Rounds milliseconds to tenths. */
export const roundToTenth = (millis: number) => Math.round(millis * 10) / 10;

/**
 * Returns by how much the clocks may drift apart between the calibration and an instant on our monotonic clock, in
 * milliseconds.
 */
const drift = (calibration: Calibration, at: Instant) => DRIFT * Math.abs(at - calibration.at);

/** The largest delay of a shot, as a multiple of the slowest probe's. With a factor of 1, 12 of 1,000 shots exceeded the bound. */
const DELAY_ALLOWANCE = 1.5;

/** Returns the soonest arrival of a shot, on AimHarder's clock. One shot in 100,000 arrives sooner. */
export const arrivesAtSoonest = (calibration: Calibration, sentAt: Instant): Instant =>
  sentAt + calibration.arrival.earliest - drift(calibration, sentAt);

/** Returns the latest arrival of a shot, on AimHarder's clock, unless its delay exceeds the allowance. */
function arrivesAtLatest(calibration: Calibration, sentAt: Instant): Instant {
  const { bounds, roundTrip } = calibration;
  return (
    sentAt + bounds.upper + drift(calibration, sentAt) + DELAY_ALLOWANCE * (roundTrip.longest - roundTrip.shortest)
  );
}
