import * as z from 'zod/mini';
import { MINUTE } from './clock.ts';

const Scheduled = z.object({
  scheduledTime: z.string().check(z.refine((iso: string) => !Number.isNaN(Date.parse(iso)), 'an instant')),
});

/**
 * Reads the minute for which a recurring schedule was set, counted from the Unix epoch. It is the schedule's own time
 * (`<aws.scheduler.scheduled-time>`), because the function may start up to a minute later.
 */
export function scheduledMinute(event: unknown): number {
  return Math.floor(Date.parse(Scheduled.parse(event).scheduledTime) / MINUTE);
}
