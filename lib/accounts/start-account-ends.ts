import type { IsInvited } from '../login/allowed-emails.ts';
import { type Clock, DAY } from '../platform/clock.ts';
import { toIso } from '../platform/dynamodb.ts';
import type { Logger } from '../platform/logger.ts';
import type { StartFunction } from '../platform/start-function.ts';
import { ARMED_SHARDS, UNARMED_SHARDS } from '../prebookings/prebooking-record.ts';
import type { PrebookingStore } from '../prebookings/prebooking-store.ts';
import { SHARDS } from '../routines/plan-record.ts';
import type { PlanStore } from '../routines/plan-store.ts';
import type { SessionStore } from '../sessions/session-store.ts';
import type { Tombstones } from '../sessions/tombstones.ts';

export type AccountEndsDeps = {
  readonly sessions: Pick<SessionStore, 'listEmails'>;
  readonly prebookings: Pick<PrebookingStore, 'findKeysByOpening'>;
  readonly plans: Pick<PlanStore, 'findDue'>;
  readonly tombstones: Pick<Tombstones, 'findDue'>;
  readonly isInvited: IsInvited;
  readonly invitesEverybody: boolean;
  /** Starts `end-account`. */
  readonly start: StartFunction;
  readonly clock: Clock;
  readonly logger: Logger;
};

/** The minutes between two searches for members who are no longer invited: their sessions and orders are to end within an hour. */
const SEARCH_EVERY_MINUTES = 30;

/** A time in milliseconds from now that is later than every opening and every next run of a routine. */
const FAR_FUTURE = 1_000 * DAY;

/**
 * Starts the function `end-account` for each account whose end is due: for deletions whose process has died, for second looks after
 * deletions, and every half hour for each member who is no longer invited. A tombstone that cannot be decoded is logged and left
 * out.
 *
 * @param minute the current minute, counted from the epoch.
 * @returns how many ends were started.
 */
export async function startAccountEnds(deps: AccountEndsDeps, minute: number): Promise<number> {
  let started = 0;
  const logError = (error: unknown) => deps.logger.error('unexpected-error', error, { during: 'start-account-ends' });
  for await (const due of deps.tombstones.findDue(deps.clock.now(), logError)) {
    await deps.start({ why: 'tombstone', ...due, dueAt: toIso(due.dueAt) });
    started += 1;
  }
  if (deps.invitesEverybody || minute % SEARCH_EVERY_MINUTES !== 0) return started;
  for (const email of await findUninvited(deps)) {
    await deps.start({ why: 'not-invited', email });
    started += 1;
  }
  return started;
}

/** Finds the members with a session, an unfinished pre-booking or a routine who are not invited. */
async function findUninvited(deps: AccountEndsDeps): Promise<ReadonlySet<string>> {
  const uninvited = new Set<string>();
  const before = deps.clock.now() + FAR_FUTURE;
  const addIfUninvited = (email: string) => {
    if (!deps.isInvited(email)) uninvited.add(email);
  };
  for await (const email of deps.sessions.listEmails()) addIfUninvited(email);
  for (const shard of [...ARMED_SHARDS, ...UNARMED_SHARDS])
    for await (const { email } of deps.prebookings.findKeysByOpening(shard, before)) addIfUninvited(email);
  for (let shard = 0; shard < SHARDS; shard += 1)
    for await (const email of deps.plans.findDue(shard, before)) addIfUninvited(email);
  return uninvited;
}
