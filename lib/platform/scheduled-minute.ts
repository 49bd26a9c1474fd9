import * as z from 'zod/mini';
import { type Clock, type Instant, MINUTE } from './clock.ts';
import { logger } from './logger.ts';

const ScheduledEvent = z.object({
  scheduledTime: z.string().check(z.refine((iso: string) => !Number.isNaN(Date.parse(iso)), 'an instant')),
});

/**
 * Reads the minute, counted from the Unix epoch, that a recurring schedule was set for
 * (`<aws.scheduler.scheduled-time>`): the function may start up to a minute later. The clock's minute counts if an operator
 * starts the function by hand without a time, or if the scheduler leaves that placeholder as it is.
 */
export function scheduledMinute(event: unknown, clock: Pick<Clock, 'now'>): number {
  const decoded = ScheduledEvent.safeParse(event);
  if (decoded.success) return toMinute(Date.parse(decoded.data.scheduledTime));
  logger.warn('scheduled-time-missing');
  return toMinute(clock.now());
}

const toMinute = (instant: Instant): number => Math.floor(instant / MINUTE);
