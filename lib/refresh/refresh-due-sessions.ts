import { type Instant, SECOND } from '../platform/clock.ts';
import type { Measure } from '../platform/metrics.ts';
import { hashBucket, isReserved, needsLogin, type Session, type SessionKey } from '../sessions/session.ts';
import type { SessionStore } from '../sessions/session-store.ts';
import { claimDueSessions, claimedSessions, type DueSessionsDeps } from './due-sessions.ts';
import { noCounts, type RefreshCounts, toCountName } from './refresh-counts.ts';
import type { SessionRefresher } from './refresh-session.ts';
import type { Claim } from './slot-parts.ts';
import { completeTask, type WheelRun } from './wheel-run.ts';

export type RefreshDueSessionsDeps = DueSessionsDeps & {
  readonly refresher: Pick<SessionRefresher, 'tryRefresh' | 'recover'>;
  readonly sessions: Pick<SessionStore, 'find'>;
  readonly measure: Measure;
};

/**
 * A run has several loops. Each loop refreshes one session after another. The first refreshes of the loops are spread over this
 * time, in milliseconds: the hash of the session decides when its refresh starts. Later refreshes need no spreading, because
 * each starts when an earlier one ends. AimHarder's fastest answers take this long. A longer time would only lengthen the runs of
 * small slots, and Lambda charges for waiting.
 */
const SPREAD = 0.4 * SECOND;

/** Claims what a run refreshes, and yields its sessions. */
type ClaimSessions = (run: WheelRun) => ReturnType<typeof claimDueSessions>;

/**
 * Refreshes the sessions that are due. The failure of one session does not stop the others. After the run's time is over, the
 * sessions that are left are only counted: the next run of their part resumes with them, and the next minute's run claims the
 * minutes that are left. Each part is finished as soon as its own sessions are done.
 *
 * @param minute the minute for which the schedule has started this run, counted from the epoch.
 * @param lastStart the instant after which no refresh is started, on the monotonic clock.
 * @returns how many sessions this run has refreshed itself, by outcome. Its workers count their own.
 * @throws the first failure to read, claim or finish a minute, after all refreshes that were started are done.
 */
export const refreshDueSessions = (
  deps: RefreshDueSessionsDeps,
  minute: number,
  lastStart: Instant,
  signal: AbortSignal,
): Promise<RefreshCounts> => refreshAll(deps, minute, (run) => claimDueSessions(deps, minute, run), lastStart, signal);

/**
 * Refreshes the sessions of one part, as a worker that the minute's run has started. Does nothing if another run has begun the
 * part.
 *
 * The other parameters, the result and the errors are those of `refreshDueSessions`.
 */
export const refreshClaimedPart = (
  deps: RefreshDueSessionsDeps,
  claim: Claim,
  lastStart: Instant,
  signal: AbortSignal,
): Promise<RefreshCounts> =>
  refreshAll(deps, claim.minute, (run) => claimedSessions(deps, claim, run), lastStart, signal);

async function refreshAll(
  deps: RefreshDueSessionsDeps,
  minute: number,
  claimSessions: ClaimSessions,
  lastStart: Instant,
  signal: AbortSignal,
): Promise<RefreshCounts> {
  const run = newRun(() => deps.clock.monotonic() > lastStart);
  const sessions = claimSessions(run);
  const started = deps.clock.monotonic();
  const refreshNext = async (): Promise<void> => {
    for (let isFirst = true; ; isFirst = false) {
      const next = await sessions.next();
      if (next.done) return;
      const { key, part } = next.value;
      if (isFirst) await deps.clock.until(started + hashBucket(key, SPREAD), signal);
      run.counts[await refreshOne(deps, key, run, signal)] += 1;
      completeTask(deps, part, run);
    }
  };
  const loops = await Promise.allSettled(Array.from({ length: deps.concurrency }, refreshNext));
  report(deps, minute, run);
  const writes = await Promise.allSettled(run.pendingWrites);
  const failure = [...loops, ...writes].find(({ status }) => status === 'rejected');
  if (failure?.status === 'rejected') throw failure.reason;
  return run.counts;
}

const newRun = (isTimeOver: () => boolean): WheelRun => ({
  counts: noCounts(),
  isTimeOver,
  pendingWrites: [],
  minutesNotStarted: 0,
  workersStarted: 0,
  cursorWasAheadAt: undefined,
  oldestTokenMs: undefined,
});

function report({ logger, measure }: RefreshDueSessionsDeps, minute: number, run: WheelRun): void {
  const { counts, minutesNotStarted, workersStarted, cursorWasAheadAt, oldestTokenMs } = run;
  const fields = { minute, ...counts, minutesNotStarted, workersStarted };
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
    const recordTokenAge = ({ lastTokenUpdateAt }: Pick<Session, 'lastTokenUpdateAt'>) => {
      run.oldestTokenMs = Math.max(run.oldestTokenMs ?? 0, deps.clock.now() - lastTokenUpdateAt);
    };
    const outcome = await deps.refresher.tryRefresh(key, signal, recordTokenAge);
    return outcome ? toCountName(outcome) : await recoverOrSkip(deps, key, signal);
  } catch (error) {
    deps.logger.error('unexpected-error', error, { during: 'refresh-tokens' });
    return 'failed';
  }
}

/** Finds out why a session could not be locked. Recovers a dead background session, and leaves any other session alone. */
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
