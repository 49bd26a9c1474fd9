import * as z from 'zod/mini';
import { type Clock, MINUTE } from '../platform/clock.ts';
import { decrypt, encrypt } from '../platform/encryption.ts';
import { repeatUntilDone } from '../platform/retry.ts';
import type { KeySource } from '../platform/secrets.ts';
import type { Prebooking, PrebookingKey } from './prebooking.ts';

/** Names a pre-booking to the code that prepares and fires it. */
export type WakeUp = PrebookingKey & {
  /** The generation of the order. A wake-up of an earlier generation starts nothing. */
  readonly order: number;
};

/**
 * A wake-up as schedules, queues and other functions get it. It names the member by their encrypted e-mail (`member`), because
 * the wake-up may still be queued after the account was deleted. Version 0.1.0 scheduled wake-ups with the plain `email`.
 */
export const QueuedWakeUp = z.object({
  member: z.optional(z.string()),
  email: z.optional(z.string()),
  id: z.string(),
  order: z.number(),
});
export type QueuedWakeUp = z.infer<typeof QueuedWakeUp>;

export const wakeUpOf = ({ email, id, generation }: Prebooking): WakeUp => ({ email, id, order: generation });

/** Builds the wake-up of a pre-booking for a schedule, a queue or another function. */
export const queuedWakeUp = ({ email, id, generation, member }: Prebooking): QueuedWakeUp => ({
  ...(member === undefined ? { email } : { member }),
  ...{ id, order: generation },
});

/** The context of the encryption (associated data): the text cannot be decrypted for another pre-booking. */
const encryptionContext = (id: string): readonly string[] => ['wake-up', id];

/** Encrypts a member's e-mail for the wake-ups of a pre-booking. Called once, when the pre-booking is ordered. */
export async function encryptMember(secrets: KeySource, { email, id }: PrebookingKey): Promise<string> {
  const { keys } = await secrets();
  return encrypt(keys, email, encryptionContext(id));
}

/** Decrypts a queued wake-up. Needs no database, so that it does not delay the shot. @throws Error if it names no member. */
export async function decryptWakeUp(secrets: KeySource, { member, email, id, order }: QueuedWakeUp): Promise<WakeUp> {
  if (member !== undefined) {
    const { keys } = await secrets(member);
    return { email: decrypt(keys, member, encryptionContext(id)), id, order };
  }
  if (email === undefined) throw new Error('A wake-up names no member.');
  return { email, id, order };
}

/** How long failed fetches of the keys are repeated, in milliseconds: as long as a claim (`CLAIMING_LASTS` in firing/claim.ts). */
const KEY_RETRY_TIME = MINUTE;

/**
 * Decrypts a queued wake-up. Repeats fetching the keys for `KEY_RETRY_TIME`, because Secrets Manager may fail. What fails with the
 * keys at hand is not repeated, because it would always fail.
 */
export const decryptWithRetries = (
  { secrets, clock }: { readonly secrets: KeySource; readonly clock: Clock },
  queued: QueuedWakeUp,
  signal: AbortSignal,
): Promise<WakeUp> =>
  decryptWakeUp(
    (...envelopes) =>
      repeatUntilDone({ clock, until: clock.monotonic() + KEY_RETRY_TIME, signal }, () => secrets(...envelopes)),
    queued,
  );
