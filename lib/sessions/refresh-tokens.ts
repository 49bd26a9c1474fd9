import { type Instant, SECOND } from '../platform/clock.ts';
import { type RefreshDeps, type RefreshOutcome, refreshIfFree } from './refresh.ts';
import type { RefreshCursor } from './refresh-cursor.ts';
import { isHeld, refreshSlotOf, type SessionKey } from './session.ts';
import { minutesDue, partitionsAt, type Wheel } from './wheel.ts';

export type RefreshTokensDeps = RefreshDeps & {
  readonly cursor: RefreshCursor;
  readonly wheel: Wheel;
  /** Sessions refreshed at the same time. */
  readonly concurrency: number;
  /** Keys of the sessions in a partition of the refresh index, page by page. */
  readonly keysIn: (partition: number) => AsyncIterable<SessionKey>;
};

/** `busy`: another caller has the turn. `left`: the time was up. */
export type RefreshCounts = Record<
  'refreshed' | 'provenByWhoami' | 'healed' | 'ended' | 'failed' | 'held' | 'busy' | 'gone' | 'left',
  number
>;

/**
 * The first sessions of a run start spread over this long, in milliseconds, instead of all at one instant: as long as
 * AimHarder's quickest answers take, so that the first requests come no denser than those that follow.
 */
const SPREAD = 0.4 * SECOND;

/**
 * Refreshes the sessions whose turn it is. Each stands alone: what happens to one never stops another. No session is begun
 * after `lastStart`; those left are counted, and tried at their next turn.
 *
 * @param minute the schedule's own minute, counted from the epoch.
 * @param lastStart on the monotonic clock.
 */
export async function refreshTokens(
  deps: RefreshTokensDeps,
  minute: number,
  lastStart: Instant,
  signal: AbortSignal,
): Promise<RefreshCounts> {
  const counts: RefreshCounts = {
    refreshed: 0,
    provenByWhoami: 0,
    healed: 0,
    ended: 0,
    failed: 0,
    held: 0,
    busy: 0,
    gone: 0,
    left: 0,
  };
  const keys = keysDue(deps, minute);
  const begun = deps.clock.monotonic();
  const worker = async (first: boolean): Promise<void> => {
    for (let spread = first; ; spread = false) {
      const next = await keys.next();
      if (next.done) return;
      if (spread) await deps.clock.until(begun + refreshSlotOf(next.value, SPREAD), signal);
      counts[await tend(deps, next.value, lastStart, signal)] += 1;
    }
  };
  await Promise.all(Array.from({ length: deps.concurrency }, () => worker(true)));
  deps.logger.info('sessions-refreshed', { minute, ...counts });
  deps.measure({
    SessionsRefreshed: counts.refreshed + counts.provenByWhoami + counts.healed,
    RefreshedByWhoAmI: counts.provenByWhoami,
    SessionRefreshFailed: counts.failed,
    SessionsLeft: counts.left,
  });
  return counts;
}

async function* keysDue(
  { cursor, wheel, keysIn }: RefreshTokensDeps,
  minute: number,
): AsyncGenerator<SessionKey, undefined> {
  for (const due of minutesDue(minute, await cursor.handled(), wheel)) {
    if (!(await cursor.claim(due))) continue;
    for (const partition of partitionsAt(due, wheel)) yield* keysIn(partition);
  }
  return undefined;
}

async function tend(
  deps: RefreshTokensDeps,
  key: SessionKey,
  lastStart: Instant,
  signal: AbortSignal,
): Promise<keyof RefreshCounts> {
  if (deps.clock.monotonic() > lastStart) return 'left';
  try {
    const outcome = await refreshIfFree(deps, key, signal);
    if (outcome) return countedAs(outcome);
    const session = await deps.sessions.find(key);
    if (session?.state !== 'active') return 'gone';
    return isHeld(session, deps.clock.now()) ? 'held' : 'busy';
  } catch (error) {
    deps.logger.error('bug', error, { during: 'refresh-tokens' });
    return 'failed';
  }
}

function countedAs(outcome: RefreshOutcome): keyof RefreshCounts {
  switch (outcome.kind) {
    case 'refreshed':
      if (outcome.via === 'login') return 'healed';
      return outcome.via === 'whoami' ? 'provenByWhoami' : 'refreshed';
    case 'changed':
      return 'gone';
    case 'ended':
    case 'failed':
      return outcome.kind;
  }
}
