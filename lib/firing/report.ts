import { MINUTE, SECOND } from '../platform/clock.ts';
import type { Finished, Unfinished } from '../prebookings/prebooking.ts';
import type { FireDeps } from './take-shot.ts';

type ReportDeps = Pick<FireDeps, 'clock' | 'logger' | 'measure'>;

/** How late a wake-up must be for the member to be notified, in milliseconds. */
const NOTIFIED_FROM = 10 * SECOND;

/**
 * Reports the claim, and measures its delay. For a prepared pre-booking, that is how late the firing began; otherwise, how late
 * the wake-up came, beyond the minute that the Scheduler may take. If the order was placed after that minute, the delay counts
 * from the order.
 *
 * @param prebooking as it was before the claim: its lease, if any, is an earlier firing's.
 * @returns the delay in milliseconds, if the member should be notified.
 */
export function reportClaimed({ clock, logger, measure }: ReportDeps, prebooking: Unfinished): number | undefined {
  const { id, generation, status, lease, wakesAt, createdAt } = prebooking;
  logger.info('prebooking-claimed', { prebooking: id, order: generation, status });
  // A firing that takes over from another one was not woken late.
  if (status !== 'pending' || lease !== null) return undefined;
  const dueAt = prebooking.prepared?.firesAt ?? Math.max(wakesAt + MINUTE, createdAt);
  const lateMs = Math.max(0, clock.now() - dueAt);
  measure({ WakeUpLate: lateMs });
  return lateMs > NOTIFIED_FROM ? lateMs : undefined;
}

/** How long before its opening an order must be placed to count in the lateness metrics, in milliseconds. */
const ORDERED_IN_TIME = 5 * SECOND;

/** Reports the result of a firing in the log and the metrics. */
export function reportFinished({ logger, measure }: ReportDeps, finished: Finished): void {
  const { id, generation, box, status, result, opensAt, createdAt } = finished;
  const { outcome, code, latenessMs, latenessBoundMs, shots, aimedBy } = result;
  measure({ PrebookingFinished: 1 }, outcome);
  if (latenessMs !== null && createdAt < opensAt - ORDERED_IN_TIME)
    // CloudWatch has no percentiles of negative values.
    measure({ LatenessMs: Math.max(0, latenessMs), EarlyShots: latenessMs < 0 ? 1 : 0, Shots: shots });
  const lateness = { latenessMs, latenessBoundMs, shots, aimedBy };
  logger.info('prebooking-finished', { prebooking: id, order: generation, box, status, outcome, code, ...lateness });
}
