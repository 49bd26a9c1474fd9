import { MINUTE, SECOND } from '../platform/clock.ts';
import type { Finished, Unfinished } from '../prebookings/prebooking.ts';
import type { RefreshDeps } from '../refresh/refresh-session.ts';

type Deps = Pick<RefreshDeps, 'clock' | 'logger' | 'measure'>;

/** An order made later than this before its opening, in milliseconds, says nothing of the Scheduler, nor of the aim. */
const ORDERED_IN_TIME = 5 * SECOND;

/** A wake-up later than this is told to the member, in milliseconds. */
const WORTH_TELLING = 10 * SECOND;

/**
 * A wake-up is late by the Scheduler's minute; of an order that came later than its wake-up, by the order.
 *
 * @returns how late, in milliseconds, where that is worth telling.
 */
export function reportTaken({ clock, logger, measure }: Deps, prebooking: Unfinished): number | undefined {
  const { id, order, status, held, wakesAt, createdAt } = prebooking;
  logger.info('prebooking-taken', { prebooking: id, order, status });
  // Whoever takes over from another attempt was not woken late.
  if (status !== 'pending' || held !== null) return undefined;
  const lateMs = Math.max(0, clock.now() - Math.max(wakesAt + MINUTE, createdAt));
  measure({ WakeUpLate: lateMs });
  return lateMs > WORTH_TELLING ? lateMs : undefined;
}

export function reportFinished({ logger, measure }: Deps, finished: Finished): void {
  const { id, order, box, status, result, opensAt, createdAt } = finished;
  const { outcome, code, latenessMs, latenessBoundMs, shots, aimedBy } = result;
  measure({ PrebookingFinished: 1 }, outcome);
  if (latenessMs !== null && createdAt < opensAt - ORDERED_IN_TIME)
    // CloudWatch has no percentiles of negative values.
    measure({ LatenessMs: Math.max(0, latenessMs), EarlyShots: latenessMs < 0 ? 1 : 0, Shots: shots });
  logger.info('prebooking-finished', {
    ...{ prebooking: id, order, box, status, outcome, code, latenessMs, latenessBoundMs, shots, aimedBy },
  });
}
