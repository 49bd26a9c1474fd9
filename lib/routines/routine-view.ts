import { toIso } from '../platform/dynamodb.ts';
import { firstPage, type Page, type PageRequest } from '../platform/paging.ts';
import type { Pending } from '../prebookings/prebooking.ts';
import type { BookedInPause } from './bookings-in-pause.ts';
import type { Pause, Plan, Routine } from './routine.ts';

/** A routine's place in the list: the oldest is first. */
export type RoutinePosition = { readonly createdAt: string; readonly id: string };

const positionOf = ({ createdAt, id }: Routine): RoutinePosition => ({ createdAt: toIso(createdAt), id });

const comesAfter = (one: RoutinePosition, other: RoutinePosition): boolean =>
  one.createdAt === other.createdAt ? one.id > other.id : one.createdAt > other.createdAt;

/** The position names no routine that has to be there still: the list goes on after one that was deleted. */
export function pageOfRoutines(
  { routines }: Plan,
  { limit, after }: PageRequest<RoutinePosition>,
): Page<Routine, RoutinePosition> {
  const sorted = routines.toSorted((one, other) => (comesAfter(positionOf(one), positionOf(other)) ? 1 : -1));
  const rest = sorted.filter((one) => after === undefined || comesAfter(positionOf(one), after));
  return firstPage(rest, limit, positionOf);
}

/**
 * The routine as its member sees it: chosen field by field.
 *
 * @param pending the member's pending pre-bookings.
 */
export function routineView(routine: Routine, pending: readonly Pending[]) {
  const { id, box, weekday, startsAt, className, familyId, whenFull, from, until, opening, skip, problem } = routine;
  const [next] = pending
    .filter(({ routineId }) => routineId === id)
    .toSorted((one, other) => one.classStartsAt - other.classStartsAt);
  return {
    ...{ id, box, weekday, startsAt, className, familyId, whenFull, from, until, opening, skip },
    createdAt: toIso(routine.createdAt),
    problem: problem && { day: problem.day, code: problem.code, detail: problem.detail },
    next: next
      ? {
          prebookingId: next.id,
          day: next.day,
          classStartsAt: toIso(next.classStartsAt),
          opensAt: toIso(next.opensAt),
        }
      : null,
  };
}

export const pauseView = ({ from, until, routineId }: Pause) => ({ from, until, routineId });

export const bookedInPauseView = (booked: BookedInPause) => ({
  box: booked.box,
  day: booked.day,
  classId: booked.classId,
  className: booked.className,
  classStartsAt: toIso(booked.classStartsAt),
  status: booked.status,
  bookingId: booked.bookingId,
  routineId: booked.routineId,
});
