import * as z from 'zod/mini';
import { type Clock, type Instant, MINUTE } from './clock.ts';
import { logger } from './logger.ts';

const Scheduled = z.object({
  scheduledTime: z.string().check(z.refine((iso: string) => !Number.isNaN(Date.parse(iso)), 'an instant')),
});

/**
 * Reads the minute for which a recurring schedule was set, counted from the Unix epoch. It is the schedule's own time
 * (`<aws.scheduler.scheduled-time>`), because the function may start up to a minute later. An operator who starts the
 * function by hand names no time, and a scheduler may leave that placeholder unfilled: then the clock's minute counts.
 */
export function scheduledMinute(event: unknown, clock: Pick<Clock, 'now'>): number {
  const scheduled = Scheduled.safeParse(event);
  if (scheduled.success) return toMinute(Date.parse(scheduled.data.scheduledTime));
  logger.warn('scheduled-time-missing');
  return toMinute(clock.now());
}

const toMinute = (instant: Instant): number => Math.floor(instant / MINUTE);
