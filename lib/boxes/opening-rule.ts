import * as z from 'zod/mini';

const Time = z.string().check(z.regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/));
const integer = (min: number, max: number) => z.int().check(z.minimum(min), z.maximum(max));

/**
 * When a box opens bookings for a class: whole days before the class, at the class's own time or at a fixed time; a number
 * of elapsed hours before the class; or on a weekday (1 is Monday, 7 is Sunday) for the whole following week. Times are
 * `HH:MM` on the box's wall clock. Requests, the configuration and the tables share this form.
 */
export const OpeningRule = z.union(
  [
    z.strictObject({ daysBefore: integer(0, 60), time: z.optional(Time) }),
    z.strictObject({ hoursBefore: integer(1, 60 * 24) }),
    z.strictObject({ weekday: integer(1, 7), time: Time }),
  ],
  { error: 'one of {daysBefore, time?}, {hoursBefore}, {weekday, time}' },
);
export type OpeningRule = Readonly<z.infer<typeof OpeningRule>>;

/** Estimates how many hours before a class a rule opens it. That is exact enough to compare rules. */
export function estimateAdvanceHours(rule: OpeningRule): number {
  if ('hoursBefore' in rule) return rule.hoursBefore;
  return 24 * ('weekday' in rule ? 7 : rule.daysBefore);
}
