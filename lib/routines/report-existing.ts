import { isUnfinished, type Prebooking } from '../prebookings/prebooking.ts';
import {
  type DateOutcome,
  nothingToDo,
  type PlannedDate,
  reportNotListed,
  reportNotYetListed,
  retryLater,
  retrySooner,
} from './date-outcome.ts';
import type { Timetables } from './planning-cache.ts';

type ReportExistingDeps = { readonly timetables: Pick<Timetables, 'find'> };

/**
 * Handles a date whose class the member, or one of the member's routines, has already ordered. Until the opening, reports a
 * problem if the current timetable does not show the class.
 */
export async function reportExisting(
  deps: ReportExistingDeps,
  date: PlannedDate,
  existing: Prebooking,
): Promise<DateOutcome> {
  if (isForLeftHour(date, existing)) return reportLeftHour(date, existing);
  return existing.opensAt > date.now ? reportWaiting(deps, date, existing) : nothingToDo;
}

/** Checks whether a routine's order still waits for an hour that its class has left: the order will not book the class. */
const isForLeftHour = ({ wanted }: PlannedDate, existing: Prebooking): boolean =>
  isUnfinished(existing) && existing.routineId !== null && existing.classTime !== wanted.classTime;

/** Reports that a routine has ordered the class for another hour. The class can be ordered anew when that order has ended. */
function reportLeftHour(date: PlannedDate, { classTime, opensAt }: Prebooking): DateOutcome {
  const detail = `A routine ordered this class for ${classTime}, and the box has moved it to ${date.wanted.classTime}. If you want it then, change or delete that routine.`;
  return { ...retrySooner(date, opensAt, retryLater(date, 'class-moved', detail)), laterCanWait: true };
}

async function reportWaiting(
  { timetables }: ReportExistingDeps,
  date: PlannedDate,
  { opensAt, status, classId, routineId }: Prebooking,
): Promise<DateOutcome> {
  const untilOpening = { laterCanWait: true, retryAt: null, opening: opensAt };
  // If the order is another routine's, which may cancel it, the date is looked at again before the opening.
  const isOwn = routineId === null || routineId === date.wanted.routineId;
  const waiting = isOwn ? untilOpening : retrySooner(date, opensAt, untilOpening);
  if (status !== 'pending') return waiting;
  const found = await timetables.find({ ...date.wanted, classId }, date.timezone);
  switch (found.kind) {
    case 'listed':
      return { ...waiting, verdict: 'clear' };
    case 'unreadable':
      return waiting;
    case 'moved':
      // The member's own order follows its class, so a moved class is no problem.
      if (routineId === null) return waiting;
      return { ...waiting, ...retrySooner(date, opensAt, reportNotListed(date, found)), laterCanWait: true };
    case 'gone':
      return { ...waiting, ...reportNotYetListed(date, found) };
    default:
      return { ...waiting, ...retrySooner(date, opensAt, reportNotListed(date, found)), laterCanWait: true };
  }
}
