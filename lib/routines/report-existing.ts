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
 * Reports on a date whose class the member, or one of their routines, has already ordered. There are two problems: a routine's
 * order still waits at the class's old hour; or, until the opening, the timetable does not show the class.
 */
export async function reportExisting(
  deps: ReportExistingDeps,
  date: PlannedDate,
  existing: Prebooking,
): Promise<DateOutcome> {
  if (isForOldHour(date, existing)) return reportOldHour(date, existing);
  return existing.opensAt > date.now ? reportWaiting(deps, date, existing) : nothingToDo;
}

/** Checks whether a routine's order still waits at the old hour of a class that the box has moved: the order will not book it. */
const isForOldHour = ({ wanted }: PlannedDate, existing: Prebooking): boolean =>
  isUnfinished(existing) && existing.routineId !== null && existing.classTime !== wanted.classTime;

/**
 * Reports that a routine has ordered the class for another hour. The class can be ordered anew if that order fails without a booking
 * request, or if a routine cancels it.
 */
function reportOldHour(date: PlannedDate, { classTime, opensAt }: Prebooking): DateOutcome {
  const { classTime: newTime } = date.wanted;
  const detail =
    `A routine ordered this class for ${classTime}, and the box has moved it to ${newTime}. ` +
    `It is ordered for ${newTime} if that order fails without a booking request, or if the routine for ${classTime} is changed or deleted.`;
  return { ...retrySooner(date, opensAt, retryLater(date, 'class-moved', detail)), laterCanWait: true };
}

async function reportWaiting(
  { timetables }: ReportExistingDeps,
  date: PlannedDate,
  { opensAt, status, classId, routineId }: Prebooking,
): Promise<DateOutcome> {
  const untilOpening = { laterCanWait: true, retryAt: null, opening: opensAt };
  // If the order is another routine's, which may cancel it, the date is looked at again before the opening.
  const isOfOtherRoutine = routineId !== null && routineId !== date.wanted.routineId;
  const waiting = isOfOtherRoutine ? retrySooner(date, opensAt, untilOpening) : untilOpening;
  if (status !== 'pending') return waiting;
  const found = await timetables.find({ ...date.wanted, classId }, date.timezone);
  switch (found.kind) {
    case 'listed':
      return { ...waiting, verdict: 'clear' };
    case 'unreadable':
      return waiting;
    case 'moved':
      // An order by hand follows its class, so a moved class is no problem.
      if (routineId === null) return waiting;
      return { ...waiting, ...retrySooner(date, opensAt, reportNotListed(date, found)), laterCanWait: true };
    case 'gone':
      return { ...waiting, ...reportNotYetListed(date, found) };
    default:
      return { ...waiting, ...retrySooner(date, opensAt, reportNotListed(date, found)), laterCanWait: true };
  }
}
