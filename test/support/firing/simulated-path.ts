import type { Probe } from '../../../lib/aimharder/calibration.ts';
import { SECOND } from '../../../lib/platform/clock.ts';
import type { ManualClock } from '../platform/manual-clock.ts';

export type PathSettings = {
  /** AimHarder's clock minus ours, in milliseconds, one for each server behind the balancer. */
  readonly offsets: readonly number[];
  /** The fixed part of the path to AimHarder and back, in milliseconds. */
  readonly out: number;
  readonly back: number;
  /** The log-normal jitter each way: its median in milliseconds, and its σ. */
  readonly median: number;
  readonly sigma: number;
  /** The share of probes that are lost. */
  readonly loss: number;
  /** How much faster AimHarder's clock runs, in milliseconds per millisecond. */
  readonly drift: number;
  /** How long a program works on a probe before it writes `Date`, in milliseconds. */
  readonly work?: number;
  /** Whether the time that the connection takes to open, one round trip, is measured. */
  readonly isConnectMeasured?: boolean;
};

/** A typical path, with jitter of median 2 ms and σ 0.8. */
export const TYPICAL: PathSettings = { offsets: [0], out: 20, back: 30, median: 2, sigma: 0.8, loss: 0, drift: 0 };

/** Returns a generator of numbers in [0, 1) that repeats for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Simulates AimHarder at the end of a network path, on `clock`. */
export function simulatedPath(clock: ManualClock, settings: PathSettings, random: () => number, connection = 1) {
  const { offsets, out, back, median, sigma, loss, drift, work = 0, isConnectMeasured } = settings;
  const start = clock.monotonic();
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const jitter = () => median * Math.exp(sigma * normal());
  const offsetAt = (tick: number, server: number) => (offsets[server] ?? 0) + drift * (tick - start);
  const connectMs = isConnectMeasured ? out + jitter() + jitter() + back : undefined;
  const probe: Probe = async () => {
    const sentAt = clock.monotonic();
    if (random() < loss) {
      clock.advance(2 * SECOND);
      throw new Error('The probe was lost.');
    }
    clock.advance(out + jitter() + work);
    const stamped = clock.monotonic() + offsetAt(clock.monotonic(), Math.floor(random() * offsets.length));
    clock.advance(jitter() + back);
    const date = Math.floor(stamped / SECOND) * SECOND;
    return { sentAt, answeredAt: clock.monotonic(), date, connection, connectMs };
  };
  return {
    probe,
    offsetAt,
    /** Returns when a request arrives, on the clock of the slowest server. */
    arrivalOf: (sentAt: number) => {
      const arrived = sentAt + out + jitter();
      return arrived + Math.min(...offsets.map((_, server) => offsetAt(arrived, server)));
    },
  };
}
