import * as z from 'zod/mini';

const Time = z.string().check(z.regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/));
const whole = (least: number, most: number) => z.int().check(z.minimum(least), z.maximum(most));

/**
 * When a box opens bookings for a class, as a client, the configuration and the boxes table write it: whole days before
 * it, at the class's own time or at a fixed one; so many elapsed hours before it; or on a weekday (1 is Monday, 7 Sunday)
 * for the whole week after. Times are the box's wall clock, `HH:MM`.
 */
export const OpeningRule = z.union(
  [
    z.strictObject({ daysBefore: whole(0, 60), time: z.optional(Time) }),
    z.strictObject({ hoursBefore: whole(1, 60 * 24) }),
    z.strictObject({ weekday: whole(1, 7), time: Time }),
  ],
  { error: 'one of {daysBefore, time?}, {hoursBefore}, {weekday, time}' },
);
export type OpeningRule = Readonly<z.infer<typeof OpeningRule>>;
