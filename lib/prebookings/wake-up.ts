import * as z from 'zod/mini';
import type { Prebooking } from './prebooking.ts';

/** Names a pre-booking to the functions that prepare and fire it. */
export const WakeUp = z.object({
  email: z.string(),
  id: z.string(),
  /** The generation: a wake-up of an earlier one starts nothing. */
  order: z.number(),
});
export type WakeUp = z.infer<typeof WakeUp>;

export const wakeUpOf = ({ email, id, generation }: Prebooking): WakeUp => ({ email, id, order: generation });
