import * as z from 'zod/mini';
import { AppError } from '../platform/errors.ts';
import { StoredInstant } from '../platform/stored-fields.ts';
import { completeDeletion, type DeleteAccountDeps, deleteAccount } from './delete-account.ts';
import { type EndMembershipDeps, endMembership } from './end-membership.ts';

/** The input of the function `end-account`. */
export const AccountEnd = z.discriminatedUnion('why', [
  /** The operator deletes a member. */
  z.object({ why: z.literal('operator'), email: z.string() }),
  /** The member is no longer invited. */
  z.object({ why: z.literal('not-invited'), email: z.string() }),
  /** A tombstone is due: the process of its deletion has died, or the time of its second look has come. */
  z.object({
    why: z.literal('tombstone'),
    /** The hash of the member's e-mail. */
    member: z.string(),
    state: z.enum(['deleting', 'deleted']),
    dueAt: StoredInstant,
  }),
]);

export type AccountEnd = z.output<typeof AccountEnd>;

/** The result of the function. */
export type AccountEnded = {
  /** False if a firing prevents the end, or another caller has claimed the tombstone. */
  readonly isDone: boolean;
  /** The seconds until the firing that prevents the end has probably ended; null if there is none, or that time is unknown. */
  readonly retryAfter: number | null;
};

/** Ends an account in the background. A firing that prevents this is no error: the result says when to try again. */
export async function endAccount(deps: DeleteAccountDeps & EndMembershipDeps, end: AccountEnd): Promise<AccountEnded> {
  try {
    if (end.why === 'operator') await deleteAccount(deps, end.email);
    else if (end.why === 'not-invited') await endMembership(deps, end.email);
    else return { isDone: await completeDeletion(deps, end), retryAfter: null };
    return { isDone: true, retryAfter: null };
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'prebooking-firing') throw error;
    return { isDone: false, retryAfter: error.retryAfter ?? null };
  }
}
