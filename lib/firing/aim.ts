import { type Calibration, DRIFT } from '../aimharder/calibration.ts';
import type { Instant } from '../platform/clock.ts';
import type { Environment } from '../platform/environment.ts';

/** `default`: not early with 99.999 % confidence. `safe`: by what is proven alone, about a round trip later. */
export type AimSetting = 'default' | 'safe';

/** `AIM`. @throws Error when it is neither. */
export function aimSettingFrom({ AIM = 'default' }: Environment): AimSetting {
  if (AIM !== 'default' && AIM !== 'safe') throw new Error('configuration: AIM must be default or safe');
  return AIM;
}

export type Aim = {
  /** On our monotonic clock. */
  readonly sendAt: Instant;
  /** What the aim rests on: clock and path, the proven bound of the clock alone, or nothing but our own wall clock. */
  readonly method: 'calibrated' | 'bounded' | 'local-clock';
  /** The most the shot should be late, in milliseconds; nothing when only our own clock is known. */
  readonly latenessBound: number | undefined;
};

/**
 * Added when nothing is known of AimHarder's clock, in milliseconds: two disciplined clocks differ by a few, and it
 * costs less to be this late than to ask too early and wait up to 1.7 s for the refusal.
 */
const LOCAL_MARGIN = 100;

/**
 * When to send the one shot: as soon as it cannot arrive early. If that is past, now.
 *
 * @param gateBiasMs how much later than `opensAt` this box was seen to open by its own `Date`.
 */
export function aim({
  calibration,
  opensAt,
  now,
  monotonic,
  setting = 'default',
  gateBiasMs = 0,
}: {
  readonly calibration: Calibration | undefined;
  readonly opensAt: Instant;
  /** Both of our clocks, read together. */
  readonly now: Instant;
  readonly monotonic: Instant;
  readonly setting?: AimSetting;
  readonly gateBiasMs?: number;
}): Aim {
  const target = opensAt + gateBiasMs;
  if (!calibration) {
    const sendAt = Math.max(target + LOCAL_MARGIN - (now - monotonic), monotonic);
    return { sendAt, method: 'local-clock', latenessBound: undefined };
  }
  const { bounds, arrival } = calibration;
  const ahead = setting === 'safe' ? bounds.lower : arrival.earliest;
  const aimed = target - ahead;
  const sendAt = Math.max(aimed + drift(calibration, aimed), monotonic);
  return {
    sendAt,
    method: ahead > bounds.lower ? 'calibrated' : 'bounded',
    latenessBound: arrivesAtLatest(calibration, sendAt) - opensAt,
  };
}

export type Lateness = {
  /** When the shot left, by our wall clock. */
  readonly firedAt: Instant;
  /** How late it arrived, by AimHarder's clock; negative is early. */
  readonly latenessMs: number;
  /** How far the truth may be from that, either way; null when nothing is known of AimHarder's clock. */
  readonly latenessBoundMs: number | null;
};

/** @param sentAt on our monotonic clock. */
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
  if (!calibration) return { firedAt, latenessMs: tenths(firedAt - opensAt), latenessBoundMs: null };
  const typical = sentAt + calibration.arrival.typical;
  const bound = Math.max(
    typical - arrivesAtSoonest(calibration, sentAt),
    arrivesAtLatest(calibration, sentAt) - typical,
  );
  return { firedAt, latenessMs: tenths(typical - opensAt), latenessBoundMs: tenths(bound) };
}

const tenths = (millis: number) => Math.round(millis * 10) / 10;

const drift = (calibration: Calibration, at: Instant) => DRIFT * Math.abs(at - calibration.at);

/** How much more than any probe a shot may be delayed: at a factor of 1, the bound failed 12 of 1 000 measured shots. */
const DELAY_ALLOWANCE = 1.5;

/** When a shot arrives at the soonest, by AimHarder's clock, once in 100 000 times excepted. */
export const arrivesAtSoonest = (calibration: Calibration, sentAt: Instant): Instant =>
  sentAt + calibration.arrival.earliest - drift(calibration, sentAt);

/** When a shot arrives at the latest, by AimHarder's clock, unless it is delayed beyond the allowance. */
export function arrivesAtLatest(calibration: Calibration, sentAt: Instant): Instant {
  const { bounds, roundTrip } = calibration;
  return (
    sentAt + bounds.upper + drift(calibration, sentAt) + DELAY_ALLOWANCE * (roundTrip.longest - roundTrip.shortest)
  );
}
