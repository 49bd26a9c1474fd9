import * as z from 'zod/mini';

/**
 * How late a box opens, as its firings have shown (attribute `gate`). Each `…Ms` is in milliseconds after the announced
 * opening, on AimHarder's clock. Each `…On` is the announced opening of a firing that showed it.
 */
export const OpeningDelay = z.object({
  /** The latest delay at which a shot was refused, and the last opening with such a refusal. */
  refusedAtMs: z.number(),
  refusedOn: z.number(),
  /** The refused pre-booking, while it is the only one; null once two were refused. */
  refusedBy: z.nullable(z.string()),
  /** The shortest delay after `refusedAtMs` at which a shot was admitted; null if none was. */
  admittedAtMs: z.nullable(z.number()),
  /** The last opening whose first shot was admitted, and how many such openings there were since `refusedOn`. */
  admittedOn: z.nullable(z.number()),
  admittedOpenings: z.number(),
  /** The refused delay with which the search began. Each further refusal doubles the distance from it. */
  searchedFromMs: z.number(),
});
export type OpeningDelay = Readonly<z.infer<typeof OpeningDelay>>;
