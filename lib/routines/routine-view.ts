import * as z from 'zod/mini';
import { OpeningRule } from '../boxes/opening-rule.ts';
import { toIso } from '../platform/dynamodb.ts';
import { firstPage, type Page, type PageRequest } from '../platform/paging.ts';
import type { Pending } from '../prebookings/prebooking.ts';
import type { BookedInPause } from './bookings-in-pause.ts';
import { type Pause, type Plan, PROBLEM_CODES, type Routine } from './routine.ts';

// The schemas serve only the OpenAPI document. The calls that make them are marked as pure, so that esbuild leaves them out of
// the functions' bundles.

/** A routine in a response, with its next pre-booking. */
export const RoutineView = /* @__PURE__ */ (() =>
  z.strictObject({
    id: z.string(),
    box: z.string(),
    /** 1 is Monday, 7 Sunday. */
    weekday: z.int(),
    /** `HH:MM` on the box's wall clock. */
    startsAt: z.string(),
    className: z.string(),
    familyId: z.nullable(z.string()),
    whenFull: z.enum(['waitlist', 'skip']),
    from: z.nullable(z.iso.date()),
    until: z.nullable(z.iso.date()),
    opening: z.nullable(OpeningRule),
    skip: z.array(z.iso.date()),
    createdAt: z.iso.datetime(),
    problem: z.nullable(
      z.strictObject({
        day: z.iso.date().check(z.describe('The date that the problem is about.')),
        code: z.enum(PROBLEM_CODES),
        detail: z.string().check(z.describe('What stands in the way, in words.')),
        suggestions: z
          .array(z.string())
          .check(z.describe('Names in the timetable of that day, if `className` matches none of them.')),
      }),
    ),
    next: z.nullable(
      z.strictObject({
        prebookingId: z.string(),
        day: z.iso.date(),
        classStartsAt: z.iso.datetime(),
        opensAt: z.iso.datetime(),
      }),
    ),
  }))();

type RoutineView = z.output<typeof RoutineView>;

/** A pause in a response. */
export const PauseView = /* @__PURE__ */ (() =>
  z.strictObject({ from: z.iso.date(), until: z.iso.date(), routineId: z.nullable(z.string()) }))();

type PauseView = z.output<typeof PauseView>;

/** In a response: a class that stays booked although a pause covers it. */
export const BookedInPauseView = /* @__PURE__ */ (() =>
  z.strictObject({
    box: z.string(),
    day: z.iso.date(),
    classId: z.nullable(z.string()),
    className: z.string(),
    classStartsAt: z.iso.datetime(),
    status: z.enum(['booked', 'waitlisted']),
    bookingId: z.nullable(z.string()),
    routineId: z.nullable(z.string()),
  }))();

type BookedInPauseView = z.output<typeof BookedInPauseView>;

/** A routine's position in the list, oldest first. */
export type RoutinePosition = { readonly createdAt: string; readonly id: string };

const positionOf = ({ createdAt, id }: Routine): RoutinePosition => ({ createdAt: toIso(createdAt), id });

const isAfter = (left: RoutinePosition, right: RoutinePosition): boolean =>
  left.createdAt === right.createdAt ? left.id > right.id : left.createdAt > right.createdAt;

/** Takes one page of a member's routines: those after a position. The routine at that position may have been deleted since. */
export function pageOfRoutines(
  { routines }: Plan,
  { limit, after }: PageRequest<RoutinePosition>,
): Page<Routine, RoutinePosition> {
  const sorted = routines.toSorted((left, right) => (isAfter(positionOf(left), positionOf(right)) ? 1 : -1));
  const rest = sorted.filter((routine) => after === undefined || isAfter(positionOf(routine), after));
  return firstPage(rest, limit, positionOf);
}

/** Builds the view of a routine. @param pending the member's pending pre-bookings. */
export function routineView(routine: Routine, pending: readonly Pending[]): RoutineView {
  const { id, box, weekday, startsAt, className, familyId, whenFull, from, until, opening, skip, problem } = routine;
  const [next] = pending
    .filter(({ routineId }) => routineId === id)
    .toSorted((left, right) => left.classStartsAt - right.classStartsAt);
  return {
    ...{ id, box, weekday, startsAt, className, familyId, whenFull, from, until, opening },
    skip: [...skip],
    createdAt: toIso(routine.createdAt),
    problem: problem && {
      ...{ day: problem.day, code: problem.code, detail: problem.detail },
      suggestions: [...problem.suggestions],
    },
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

export const pauseView = ({ from, until, routineId }: Pause): PauseView => ({
  from,
  until,
  routineId,
});

export const bookedInPauseView = (booked: BookedInPause): BookedInPauseView => ({
  box: booked.box,
  day: booked.day,
  classId: booked.classId,
  className: booked.className,
  classStartsAt: toIso(booked.classStartsAt),
  status: booked.status,
  bookingId: booked.bookingId,
  routineId: booked.routineId,
});
