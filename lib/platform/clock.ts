/** Milliseconds since the Unix epoch, UTC. May have a fraction. */
export type Instant = number;

/** Durations, in milliseconds. */
export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** The only source of time. Pure rules do not read it: they take instants as arguments. */
export interface Clock {
  /** The wall clock. It may jump when the machine's clock is set. */
  now(): Instant;
  /** A clock in the same unit that never jumps. After the machine's clock is set, it differs from the wall clock. */
  monotonic(): Instant;
  /**
   * Resolves as soon as `monotonic()` has reached `tick`, never before it.
   *
   * @throws the signal's reason as soon as the signal aborts.
   */
  until(tick: Instant, signal: AbortSignal): Promise<void>;
  /**
   * Returns a signal that aborts with a `TimeoutError` after about `millis` milliseconds of `monotonic()`: up to 1 ms earlier,
   * because Node's timers count whole milliseconds, or later. Use the signal to limit how long work may take, and `until` to wait
   * for an exact instant. The signal does not keep the process alive.
   */
  timeout(millis: number): AbortSignal;
}
