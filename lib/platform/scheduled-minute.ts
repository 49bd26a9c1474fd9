import * as z from 'zod/mini';
import { type Clock, type Instant, MINUTE } from './clock.ts';
import { logger } from './logger.ts';

const ScheduledEvent = z.object({
  scheduledTime: z.string().check(z.refine((iso: string) => !Number.isNaN(Date.parse(iso)), 'an instant')),
});

/**
 * Reads the scheduled minute of a recurring schedule from its event (`<aws.scheduler.scheduled-time>`), because the function
 * may start up to a minute later. If the event has no time, because an operator has started the function by hand, returns the
 * clock's minute.
 *
 * @returns minutes since the Unix epoch.
 */
export function scheduledMinute(event: unknown, clock: Pick<Clock, 'now'>): number {
  const decoded = ScheduledEvent.safeParse(event);
  if (decoded.success) return toMinute(Date.parse(decoded.data.scheduledTime));
  logger.warn('scheduled-time-missing');
  return toMinute(clock.now());
}

const toMinute = (instant: Instant): number => Math.floor(instant / MINUTE);
