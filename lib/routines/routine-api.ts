import * as z from 'zod/mini';
import { OpeningRule } from '../boxes/opening-rule.ts';
import { AnyId, BoxLabel, Day, NumericId, printableText } from '../http/fields.ts';
import { pageFields } from '../http/paging.ts';
import { WhenFullField } from '../prebookings/prebooking-api.ts';
import { MAX_PAUSES, MAX_SKIPPED } from './routine.ts';

// What the routes of routines and pauses accept. Unknown fields are refused. The texts `…_EXPECTED` complete a refusal.

const WEEKDAY_EXPECTED = 'a weekday: 1 is Monday, 7 Sunday';
const Weekday = z
  .int({ error: WEEKDAY_EXPECTED })
  .check(z.minimum(1, WEEKDAY_EXPECTED), z.maximum(7, WEEKDAY_EXPECTED));

const TIME_EXPECTED = 'a time of day, HH:MM';
const Time = z.string({ error: TIME_EXPECTED }).check(z.regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, TIME_EXPECTED));

const NAME_EXPECTED = 'the name of a class, of 1 to 100 characters';
const ClassName = printableText(100, NAME_EXPECTED);

const Skipped = z
  .array(Day, { error: 'days, YYYY-MM-DD' })
  .check(z.maxLength(MAX_SKIPPED, `at most ${MAX_SKIPPED} days`));

export const RoutineBody = z.strictObject({
  box: BoxLabel,
  weekday: Weekday,
  startsAt: Time,
  className: ClassName,
  familyId: z.optional(NumericId),
  whenFull: z.optional(WhenFullField),
  from: z.optional(Day),
  until: z.optional(Day),
  opening: z.optional(OpeningRule),
  skip: z.optional(Skipped),
});

/** The fields to change; null returns an optional field to its default. */
export const RoutineChanges = z.strictObject({
  box: z.optional(BoxLabel),
  weekday: z.optional(Weekday),
  startsAt: z.optional(Time),
  className: z.optional(ClassName),
  familyId: z.optional(z.nullable(NumericId)),
  whenFull: z.optional(z.nullable(WhenFullField)),
  from: z.optional(z.nullable(Day)),
  until: z.optional(z.nullable(Day)),
  opening: z.optional(z.nullable(OpeningRule)),
  skip: z.optional(z.nullable(Skipped)),
});

const RoutinePosition = z.strictObject({ createdAt: z.iso.datetime({ precision: 3 }), id: z.string() });

export const RoutinesQuery = z.strictObject(pageFields(RoutinePosition));

/** Accepts any id. If the caller has no routine with that id, the route answers `routine-not-found`. */
export const RoutinePath = z.object({ id: AnyId });

const PauseBody = z
  .strictObject({ from: Day, until: Day, routineId: z.optional(AnyId) })
  .check(z.refine(({ from, until }) => from <= until, 'from is after until'));

export const PausesBody = z.strictObject({
  pauses: z
    .array(PauseBody, { error: 'a list of {from, until, routineId?}' })
    .check(z.maxLength(MAX_PAUSES, `at most ${MAX_PAUSES} pauses`)),
});
