import type { ClassDetail, ServiceEvent } from '../events/event-schemas.ts';
import { toIso } from '../platform/dynamodb.ts';
import type { Finished, Prebooking } from './prebooking.ts';

const TYPES = {
  booked: 'PreBooking Booked',
  waitlisted: 'PreBooking Waitlisted',
  failed: 'PreBooking Failed',
} as const;

export function prebookingFinished(finished: Finished): ServiceEvent {
  const { id, generation, status, result } = finished;
  const { outcome, bookingId, message, latenessMs, shots } = result;
  return {
    type: TYPES[status],
    detail: {
      ...detailOf(finished, `${id}-${generation}`),
      ...{ outcome, bookingId, message, latenessMs, shots },
    },
  };
}

/** The sweep had to set a wake-up, or to start a firing. The same event for an order, however often it steps in. */
export const wakeUpLost = (prebooking: Prebooking): ServiceEvent => ({
  type: 'WakeUp Lost',
  detail: detailOf(prebooking, `${prebooking.id}-${prebooking.generation}-lost`),
});

/** @returns undefined when the wake-up came in time. */
export function wakeUpLate(finished: Finished): ServiceEvent | undefined {
  const { id, generation, wokenLateMs: lateMs } = finished;
  if (lateMs === undefined) return undefined;
  return { type: 'WakeUp Late', detail: { ...detailOf(finished, `${id}-${generation}-late`), lateMs } };
}

/** @param hours until the opening: the reminder it is. */
export const prebookingAtRisk = (prebooking: Prebooking, hours: number): ServiceEvent => ({
  type: 'PreBooking AtRisk',
  detail: detailOf(prebooking, `${prebooking.id}-${prebooking.generation}-at-risk-${hours}`),
});

function detailOf(prebooking: Prebooking, eventId: string): ClassDetail {
  const { id: prebookingId, email, box, day, classId, familyId, className, classStartsAt, opensAt } = prebooking;
  return {
    ...{ version: '1', eventId, email, prebookingId, box, day, classId, familyId, className },
    classStartsAt: toIso(classStartsAt),
    opensAt: toIso(opensAt),
  };
}
