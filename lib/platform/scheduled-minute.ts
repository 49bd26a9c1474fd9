import * as z from 'zod/mini';
import { MINUTE } from './clock.ts';

const Scheduled = z.object({
  scheduledTime: z.string().check(z.refine((iso: string) => !Number.isNaN(Date.parse(iso)), 'an instant')),
});

/**
 * The minute a recurring schedule was due, counted from the Unix epoch: by the schedule's own time
 * (`<aws.scheduler.scheduled-time>`), because the function may start up to a minute later.
 */
export function scheduledMinute(event: unknown): number {
  return Math.floor(Date.parse(Scheduled.parse(event).scheduledTime) / MINUTE);
}
