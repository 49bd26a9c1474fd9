import * as z from 'zod/mini';

/**
 * How late a box opens, as firings have shown (attribute `gate`). Each `…Ms` is a delay in milliseconds after the announced
 * opening, on AimHarder's clock. Each `…On` is the announced opening, an instant, of the last firing that showed the delay.
 */
export const OpeningDelay = z.object({
  /** The longest delay at which a shot was refused; 0 while shots try the opening itself again (`tryOpening`). */
  refusedAtMs: z.number(),
  /** The last opening with such a refusal. */
  refusedOn: z.number(),
  /** The id of the refused pre-booking, if it is the only one; null after two were refused. */
  refusedBy: z.nullable(z.string()),
  /** The shortest delay after `refusedAtMs` at which a shot was admitted; null if none was. */
  admittedAtMs: z.nullable(z.number()),
  /** The last opening at which the first shot was admitted; null if there was none since `refusedOn`. */
  admittedOn: z.nullable(z.number()),
  /** How many openings since `refusedOn` have admitted their first shot. */
  admittedOpenings: z.number(),
  /**
   * The delay with which the search began. Upwards, that is the first refused delay: after each further refusal, the next try is
   * twice as far from it. After `tryOpening`, the search goes down from a delay just below the admitted one, and tries that delay
   * itself first.
   */
  searchedFromMs: z.number(),
});
export type OpeningDelay = Readonly<z.infer<typeof OpeningDelay>>;
