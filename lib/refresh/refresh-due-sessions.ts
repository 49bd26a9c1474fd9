import { type Clock, type Instant, MINUTE, SECOND } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { Measure } from '../platform/metrics.ts';
import { isReserved, needsLogin, refreshSlotOf, type SessionKey } from '../sessions/session.ts';
import type { SessionStore } from '../sessions/session-store.ts';
import { countedAs, noCounts, type RefreshCounts } from './refresh-counts.ts';
import type { SessionRefresher } from './refresh-session.ts';
import {
  indexRanges,
  isAhead,
  minutesAbandoned,
  minutesDue,
  minutesOutdated,
  type ResumePoint,
  slotAt,
  type Wheel,
} from './timing-wheel.ts';
import type { CursorState, WheelCursor } from './wheel-cursor.ts';

export type RefreshDueSessionsDeps = {
  readonly refresher: Pick<SessionRefresher, 'tryRefresh' | 'recover'>;
  readonly sessions: Pick<SessionStore, 'find'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly measure: Measure;
  readonly cursor: WheelCursor;
  readonly wheel: Wheel;
  /** Sessions refreshed at the same time. */
  readonly concurrency: number;
  /** Keys of the sessions in a partition of the refresh index, page by page; those behind `after`, if it is given. */
  readonly keysIn: (partition: number, after?: SessionKey) => AsyncIterable<SessionKey>;
};

/**
 * The first sessions of a run start spread over this long, in milliseconds, each by its own hash, instead of all at one
 * instant: as long as AimHarder's quickest answers take, so that the first requests come no denser than those that follow.
 * Those come when an answer frees a worker: AimHarder's own pace spreads them, and the concurrency bounds how many there
 * are, over as much of the minute as the slot takes. To spread a small slot wider would only be paid for as waiting.
 */
const SPREAD = 0.4 * SECOND;

/** A slot’s turn in a minute. */
type SlotRun = {
  readonly minute: number;
  readonly slot: number;
  /** Where the next one begins, when this one did not come to its end. */
  resumeAt: ResumePoint | undefined;
  /** What it waits for: its sessions that are being tended, and the reading of its keys. */
  open: number;
};

type Due = { readonly key: SessionKey; readonly slotRun: SlotRun };

type Run = {
  readonly counts: RefreshCounts;
  readonly isOver: () => boolean;
  readonly finishing: Promise<void>[];
  /** Minutes that were due and not claimed, because the time was up. */
  minutesLeft: number;
  /** Where the cursor stood, when that was ahead of the clock. */
  aheadAt: number | undefined;
  /** Age of the oldest token that was to be renewed, in milliseconds. */
  oldestMs: number | undefined;
};

/**
 * Refreshes the sessions whose turn it is. Each stands alone: what happens to one never stops another. No session is begun
 * after `lastStart`: those left are counted, and come first at their slot's next turn; minutes not begun are the next run's.
 * Each minute is finished as soon as its sessions are done, whatever becomes of the run after that.
 *
 * @param minute the schedule's own minute, counted from the epoch.
 * @param lastStart on the monotonic clock.
 * @throws whatever kept the run from reading, claiming or finishing its minutes, once what was begun is done.
 */
export async function refreshDueSessions(
  deps: RefreshDueSessionsDeps,
  minute: number,
  lastStart: Instant,
  signal: AbortSignal,
): Promise<RefreshCounts> {
  const isOver = () => deps.clock.monotonic() > lastStart;
  const run: Run = {
    ...{ counts: noCounts(), isOver, finishing: [] },
    ...{ minutesLeft: 0, aheadAt: undefined, oldestMs: undefined },
  };
  const sessions = sessionsDue(deps, minute, run);
  const begun = deps.clock.monotonic();
  const worker = async (): Promise<void> => {
    for (let first = true; ; first = false) {
      const next = await sessions.next();
      if (next.done) return;
      const { key, slotRun } = next.value;
      if (first) await deps.clock.until(begun + refreshSlotOf(key, SPREAD), signal);
      run.counts[await refreshOne(deps, key, run, signal)] += 1;
      completeOne(deps, slotRun, run);
    }
  };
  const work = await Promise.allSettled(Array.from({ length: deps.concurrency }, worker));
  report(deps, minute, run);
  const finished = await Promise.allSettled(run.finishing);
  const failure = [...work, ...finished].find((end) => end.status === 'rejected');
  if (failure) throw failure.reason;
  return run.counts;
}

/** A run that found the cursor ahead of the clock says so as a warning. */
function report({ logger, measure }: RefreshDueSessionsDeps, minute: number, run: Run): void {
  const { counts, minutesLeft, aheadAt, oldestMs } = run;
  if (aheadAt === undefined) logger.info('sessions-refreshed', { minute, ...counts, minutesLeft });
  else logger.warn('sessions-refreshed', { minute, ...counts, minutesLeft, cursorWasAheadAt: aheadAt });
  measure({
    SessionsRefreshed: counts.refreshed + counts.provenByWhoami + counts.healed,
    RefreshedByWhoAmI: counts.provenByWhoami,
    SessionRefreshFailed: counts.failed,
    SessionsLeft: counts.left,
    ...(oldestMs !== undefined && { OldestTokenAgeMs: oldestMs }),
  });
}

/** A turn has one thing less to wait for. With the last, its minute is finished, while the workers go on with the next. */
function completeOne({ cursor }: RefreshDueSessionsDeps, turn: SlotRun, run: Run): void {
  turn.open -= 1;
  if (turn.open > 0) return;
  inBackground(run, cursor.finish(turn.minute, turn.slot, turn.resumeAt));
}

/** What the run waits for in its end. */
function inBackground({ finishing }: Run, work: Promise<void>): void {
  // It may fail before anybody waits for it.
  work.catch(() => undefined);
  finishing.push(work);
}

async function* sessionsDue(deps: RefreshDueSessionsDeps, minute: number, run: Run): AsyncGenerator<Due, undefined> {
  const { cursor, wheel, clock } = deps;
  const state = await stateAt(deps, minute, run);
  const outdated = minutesOutdated(minute, state.unfinished, wheel);
  if (outdated.length > 0) inBackground(run, cursor.drop(outdated));
  const abandoned = minutesAbandoned(minute, clock.now(), state.unfinished, wheel);
  const minutes = [...abandoned, ...minutesDue(minute, state.handled, wheel)];
  for (const [index, due] of minutes.entries()) {
    if (run.isOver()) {
      run.minutesLeft = minutes.length - index;
      return undefined;
    }
    const isMine = index < abandoned.length ? await cursor.takeOver(due) : await cursor.claim(due, clock.now());
    if (isMine) yield* sessionsOf(deps, due, state, run);
  }
  return undefined;
}

/**
 * A cursor that some mistake has moved ahead would keep every run from its minute until that has come. It is set back a
 * whole round, because nobody knows which slots missed their turns meanwhile: each has one in this run.
 */
async function stateAt(
  { cursor, wheel, clock }: RefreshDueSessionsDeps,
  minute: number,
  run: Run,
): Promise<CursorState> {
  const state = await cursor.read();
  const { handled } = state;
  // A run that was woken late is no reason to turn the wheel back, nor is a clock that is behind the run's own minute.
  if (handled === undefined || !isAhead(handled, Math.max(clock.now(), minute * MINUTE))) return state;
  run.aheadAt = handled;
  await cursor.setBack(state, minute - wheel.slots);
  return cursor.read();
}

/** A slot's sessions, from where its last turn ended and all round. Those that come too late are counted only. */
async function* sessionsOf(
  deps: RefreshDueSessionsDeps,
  minute: number,
  { resumePointOf: placeIn }: CursorState,
  run: Run,
): AsyncGenerator<Due, undefined> {
  const slot = slotAt(minute, deps.wheel);
  const turn: SlotRun = { minute, slot, resumeAt: undefined, open: 1 };
  const note = (place: ResumePoint) => {
    run.counts.left += 1;
    turn.resumeAt ??= place;
  };
  // The session that the turn began behind may be gone when it comes round: then these tell what has had its turn.
  const atFirst = new Set<string>();
  for (const { partition, after, end } of indexRanges(minute, deps.wheel, placeIn(slot))) {
    let last = after;
    for await (const key of deps.keysIn(partition, after)) {
      if (after) atFirst.add(nameOf(key));
      if (end && atFirst.has(nameOf(key))) continue;
      if (run.isOver()) note({ partition, after: last });
      else {
        turn.open += 1;
        yield { key, slotRun: turn };
      }
      last = key;
      if (end && nameOf(key) === nameOf(end)) break;
    }
  }
  completeOne(deps, turn, run);
  return undefined;
}

const nameOf = ({ email, fingerprint }: SessionKey): string => `${email}\n${fingerprint}`;

async function refreshOne(
  deps: RefreshDueSessionsDeps,
  key: SessionKey,
  run: Run,
  signal: AbortSignal,
): Promise<keyof RefreshCounts> {
  try {
    const outcome = await deps.refresher.tryRefresh(key, signal, ({ lastTokenUpdateAt }) => {
      run.oldestMs = Math.max(run.oldestMs ?? 0, deps.clock.now() - lastTokenUpdateAt);
    });
    if (outcome) return countedAs(outcome);
    const session = await deps.sessions.find(key);
    if (!session) return 'gone';
    if (session.state === 'active') return isReserved(session, deps.clock.now()) ? 'held' : 'busy';
    return needsLogin(session) && (await deps.refresher.recover(session, signal)) ? 'healed' : 'dead';
  } catch (error) {
    deps.logger.error('unexpected-error', error, { during: 'refresh-tokens' });
    return 'failed';
  }
}
