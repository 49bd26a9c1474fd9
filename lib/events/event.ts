import * as z from 'zod/mini';
import { isoOf } from '../platform/dynamodb.ts';
import type { Finished } from '../prebookings/prebooking.ts';
import type { BackgroundSession } from '../sessions/session.ts';

/*
 * What the service tells the world, over an EventBridge bus. Delivered at least once: `eventId` is the same for every
 * delivery of one event. Details name the member by e-mail, because whoever tells a member has to know whom; they hold no
 * token, cookie or fingerprint.
 */

export const SOURCE = 'on-the-dot';

const instant = z.iso.datetime();
const head = { version: z.literal('1'), eventId: z.string(), email: z.string() };

export const PrebookingDetail = z.strictObject({
  ...head,
  prebookingId: z.string(),
  box: z.string(),
  day: z.iso.date(),
  classId: z.nullable(z.string()),
  familyId: z.nullable(z.string()),
  className: z.string(),
  classStartsAt: instant,
  opensAt: instant,
  outcome: z.string(),
  bookingId: z.nullable(z.string()),
  /** AimHarder's own words, where it gave some. */
  message: z.nullable(z.string()),
  latenessMs: z.nullable(z.number()),
  shots: z.int(),
});

export const SessionDetail = z.strictObject({ ...head, since: instant });

/** Every event there is, and the form of its detail. */
export const DETAILS = {
  'PreBooking Booked': PrebookingDetail,
  'PreBooking Waitlisted': PrebookingDetail,
  'PreBooking Failed': PrebookingDetail,
  'Session LoginRequired': SessionDetail,
} as const;

export type ServiceEvent =
  | {
      readonly type: 'PreBooking Booked' | 'PreBooking Waitlisted' | 'PreBooking Failed';
      readonly detail: z.infer<typeof PrebookingDetail>;
    }
  | { readonly type: 'Session LoginRequired'; readonly detail: z.infer<typeof SessionDetail> };

const TYPES = {
  booked: 'PreBooking Booked',
  waitlisted: 'PreBooking Waitlisted',
  failed: 'PreBooking Failed',
} as const;

export function prebookingFinished(finished: Finished): ServiceEvent {
  const { id, order, email, box, day, classId, familyId, className, classStartsAt, opensAt, status, result } = finished;
  const { outcome, bookingId, message, latenessMs, shots } = result;
  return {
    type: TYPES[status],
    detail: {
      version: '1',
      eventId: `${id}-${order}`,
      email,
      prebookingId: id,
      ...{ box, day, classId, familyId, className, outcome, bookingId, message, latenessMs, shots },
      classStartsAt: isoOf(classStartsAt),
      opensAt: isoOf(opensAt),
    },
  };
}

/** @param at when AimHarder was seen to have ended the session. */
export const loginRequired = ({ email, tokenVersion }: BackgroundSession, at: number): ServiceEvent => ({
  type: 'Session LoginRequired',
  detail: { version: '1', eventId: tokenVersion, email, since: isoOf(at) },
});
