import type { ListedClass } from '../aimharder/client.ts';
import type { OpeningRule } from '../boxes/opening-rule.ts';
import type { BoxSettings } from '../boxes/settings.ts';
import { type Clock, type Instant, MINUTE } from '../platform/clock.ts';
import { toIso } from '../platform/dynamodb.ts';
import type { Logger } from '../platform/logger.ts';
import { repeatUntilDone } from '../platform/retry.ts';
import type { ClaimWrites } from '../prebookings/claim-writes.ts';
import type { Unfinished } from '../prebookings/prebooking.ts';
import { followClass } from '../prebookings/wanted-class.ts';
import type { Claimed, HeldLease, SkipReason } from './claim.ts';

export type FollowDeps = {
  readonly claims: Pick<ClaimWrites, 'postpone'>;
  readonly boxSettings: Pick<BoxSettings, 'timezones'>;
  readonly clock: Clock;
  readonly logger: Logger;
};

/** How far ahead a new opening may be for the running function to wait for it within its time limit, in milliseconds. */
const LONGEST_WAIT = 2 * MINUTE;

/**
 * Follows a class that has moved: records its new hours. If the new opening is too far away to wait for it, postpones the
 * pre-booking to another wake-up.
 *
 * @param moved the new row of the class in the timetable.
 * @param openingRule the rule that gives the new opening: the order's own, or the one that AimHarder's refusal has stated.
 *   Without it, the opening is an instant that the client has stated (`followClass`).
 * @returns the pre-booking with its new opening, if this firing is to wait for that; otherwise why the firing ends.
 * @throws the reason of `lease.lost` if the lease is lost before the new hours are recorded. Nothing is thrown if the database
 *   fails: only facts prevent a shot, so the firing goes on for the new hours. The old ones stay stored, and a successor follows
 *   the class again.
 */
export async function follow(
  deps: FollowDeps,
  { prebooking: claimed, lease }: Claimed,
  { moved, openingRule }: { readonly moved: ListedClass; readonly openingRule: OpeningRule | undefined },
  signal: AbortSignal,
): Promise<Unfinished | SkipReason> {
  const { clock, logger } = deps;
  // The preparation was for the old hours.
  const unprepared = claimed.status === 'pending' ? { ...claimed, prepared: undefined } : claimed;
  const prebooking = followClass(deps, { ...unprepared, openingRule }, moved, clock.now());
  const { id, generation, opensAt } = prebooking;
  logger.warn('prebooking-moved', { prebooking: id, order: generation, opensAt: toIso(opensAt) });
  await lease.follow(prebooking);
  // The renewal that runs may end before the new opening, or may have been stopped for a shot, so it is started anew.
  lease.stopRenewing();
  lease.startRenewing(signal);
  if (opensAt <= clock.now() + LONGEST_WAIT) return prebooking;
  return (await postpone(deps, prebooking, lease, opensAt, signal)) ? 'postponed' : 'lease-lost';
}

/** Postpones a pre-booking to `opensAt`. Repeats the write until the database answers. @returns false if the lease was lost. */
export const postpone = (
  { claims, clock }: Pick<FollowDeps, 'claims' | 'clock'>,
  prebooking: Unfinished,
  lease: HeldLease,
  opensAt: Instant,
  signal: AbortSignal,
): Promise<boolean> =>
  repeatUntilDone({ clock, until: Number.POSITIVE_INFINITY, signal }, () =>
    claims.postpone(prebooking, lease.id, opensAt, clock.now()),
  );
