import * as z from 'zod/mini';

/**
 * What firings have shown of how late a box opens (attribute `gate`). All `…Ms` are milliseconds after the announced
 * opening, by AimHarder's own clock; all `…On` are the announced openings at which something was seen.
 */
export const OpeningDelay = z.object({
  /** The latest delay at which a shot was refused, and the last opening at which that was seen. */
  refusedAtMs: z.number(),
  refusedOn: z.number(),
  /** The pre-booking that was refused, while no other one was; null once two were. */
  refusedBy: z.nullable(z.string()),
  /** The soonest delay after `refusedAtMs` at which a shot was admitted; null if none was. */
  admittedAtMs: z.nullable(z.number()),
  /** The last opening whose first shot was admitted, and how many such openings there were since `refusedOn`. */
  admittedOn: z.nullable(z.number()),
  admittedOpenings: z.number(),
  /** The refused delay that the search began with. The distance from it doubles with each further refusal. */
  searchedFromMs: z.number(),
});
export type OpeningDelay = Readonly<z.infer<typeof OpeningDelay>>;
