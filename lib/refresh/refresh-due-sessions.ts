import { type Instant, SECOND } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { Measure } from '../platform/metrics.ts';
import { hashBucket, isReserved, needsLogin, type SessionKey } from '../sessions/session.ts';
import type { SessionStore } from '../sessions/session-store.ts';
import { claimDueSessions, completePart, type DueSessionsDeps, type WheelRun } from './due-sessions.ts';
import { noCounts, type RefreshCounts, toCountName } from './refresh-counts.ts';
import type { SessionRefresher } from './refresh-session.ts';

export type RefreshDueSessionsDeps = DueSessionsDeps & {
  readonly refresher: Pick<SessionRefresher, 'tryRefresh' | 'recover'>;
  readonly sessions: Pick<SessionStore, 'find'>;
  readonly logger: Logger;
  readonly measure: Measure;
  /** How many sessions are refreshed at the same time. */
  readonly concurrency: number;
};

/**
 * The workers start their first refreshes spread over this time, in milliseconds, each at an instant that its session's hash
 * gives. Later refreshes need no spreading: each starts when an answer frees a worker. The time is that of AimHarder's
 * fastest answers. A longer one would only lengthen the runs of small slots, and Lambda charges for waiting.
 */
const SPREAD = 0.4 * SECOND;

/**
 * Refreshes the sessions that are due. The failure of one session never stops another. Once the run is over, the sessions
 * that are left are only counted: their slot's next run resumes with them, and the next run claims the minutes that are
 * left. Each minute is finished as soon as its own sessions are done.
 *
 * @param minute the schedule's own minute, counted from the epoch.
 * @param lastStart no refresh is started after it; on the monotonic clock.
 * @returns how many sessions had which outcome.
 * @throws the first failure to read, claim or finish a minute, once all refreshes that were started are done.
 */
export async function refreshDueSessions(
  deps: RefreshDueSessionsDeps,
  minute: number,
  lastStart: Instant,
  signal: AbortSignal,
): Promise<RefreshCounts> {
  const run = newRun(() => deps.clock.monotonic() > lastStart);
  const sessions = claimDueSessions(deps, minute, run);
  const started = deps.clock.monotonic();
  const worker = async (): Promise<void> => {
    for (let isFirst = true; ; isFirst = false) {
      const next = await sessions.next();
      if (next.done) return;
      const { key, slotRun } = next.value;
      if (isFirst) await deps.clock.until(started + hashBucket(key, SPREAD), signal);
      run.counts[await refreshOne(deps, key, run, signal)] += 1;
      completePart(deps, slotRun, run);
    }
  };
  const workers = await Promise.allSettled(Array.from({ length: deps.concurrency }, worker));
  report(deps, minute, run);
  const background = await Promise.allSettled(run.background);
  const failure = [...workers, ...background].find(({ status }) => status === 'rejected');
  if (failure?.status === 'rejected') throw failure.reason;
  return run.counts;
}

const newRun = (isOver: () => boolean): WheelRun => ({
  counts: noCounts(),
  isOver,
  background: [],
  minutesNotStarted: 0,
  cursorWasAheadAt: undefined,
  oldestTokenMs: undefined,
});

function report({ logger, measure }: RefreshDueSessionsDeps, minute: number, run: WheelRun): void {
  const { counts, minutesNotStarted, cursorWasAheadAt, oldestTokenMs } = run;
  const fields = { minute, ...counts, minutesNotStarted };
  if (cursorWasAheadAt === undefined) logger.info('sessions-refreshed', fields);
  else logger.warn('sessions-refreshed', { ...fields, cursorWasAheadAt });
  measure({
    SessionsRefreshed: counts.refreshed + counts.provenByWhoami + counts.loggedInAgain,
    RefreshedByWhoAmI: counts.provenByWhoami,
    SessionRefreshFailed: counts.failed,
    SessionsLeft: counts.notStarted,
    ...(oldestTokenMs !== undefined && { OldestTokenAgeMs: oldestTokenMs }),
  });
}

async function refreshOne(
  deps: RefreshDueSessionsDeps,
  key: SessionKey,
  run: WheelRun,
  signal: AbortSignal,
): Promise<keyof RefreshCounts> {
  try {
    const outcome = await deps.refresher.tryRefresh(key, signal, ({ lastTokenUpdateAt }) => {
      run.oldestTokenMs = Math.max(run.oldestTokenMs ?? 0, deps.clock.now() - lastTokenUpdateAt);
    });
    return outcome ? toCountName(outcome) : await recoverOrSkip(deps, key, signal);
  } catch (error) {
    deps.logger.error('unexpected-error', error, { during: 'refresh-tokens' });
    return 'failed';
  }
}

/** Recovers a dead session, and leaves alone any other session that could not be locked. */
async function recoverOrSkip(
  { sessions, refresher, clock }: RefreshDueSessionsDeps,
  key: SessionKey,
  signal: AbortSignal,
): Promise<keyof RefreshCounts> {
  const session = await sessions.find(key);
  if (!session) return 'gone';
  if (session.state === 'active') return isReserved(session, clock.now()) ? 'reserved' : 'locked';
  return needsLogin(session) && (await refresher.recover(session, signal)) ? 'loggedInAgain' : 'needLogin';
}
