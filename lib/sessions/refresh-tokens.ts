import { type Instant, SECOND } from '../platform/clock.ts';
import { healOrTell, type RefreshDeps, type RefreshOutcome, refreshIfFree } from './refresh.ts';
import type { CursorState, RefreshCursor } from './refresh-cursor.ts';
import { isDead, isHeld, refreshSlotOf, type SessionKey } from './session.ts';
import { minutesAbandoned, minutesDue, type Place, partitionsAt, slotAt, type Wheel } from './wheel.ts';

export type RefreshTokensDeps = RefreshDeps & {
  readonly cursor: RefreshCursor;
  readonly wheel: Wheel;
  /** Sessions refreshed at the same time. */
  readonly concurrency: number;
  /** Keys of the sessions in a partition of the refresh index, page by page; those behind `after`, if it is given. */
  readonly keysIn: (partition: number, after?: SessionKey) => AsyncIterable<SessionKey>;
};

/** `dead`: it waits for a login. `busy`: another caller has the turn. `left`: the time was up. */
export type RefreshCounts = Record<
  'refreshed' | 'provenByWhoami' | 'healed' | 'ended' | 'failed' | 'held' | 'busy' | 'dead' | 'gone' | 'left',
  number
>;

/**
 * The first sessions of a run start spread over this long, in milliseconds, each by its own hash, instead of all at one
 * instant: as long as AimHarder's quickest answers take, so that the first requests come no denser than those that follow.
 * Those come when an answer frees a worker: AimHarder's own pace spreads them, and the concurrency bounds how many there
 * are, over as much of the minute as the slot takes. To spread a small slot wider would only be paid for as waiting.
 */
const SPREAD = 0.4 * SECOND;

/** A slot’s turn, and where the next one begins when this one did not finish. */
type Turn = { readonly minute: number; readonly slot: number; left: Place | undefined };

type Run = {
  readonly counts: RefreshCounts;
  readonly turns: Turn[];
  readonly isOver: () => boolean;
  /** Age of the oldest token that was to be renewed, in milliseconds. */
  oldestMs: number | undefined;
};

/**
 * Refreshes the sessions whose turn it is. Each stands alone: what happens to one never stops another. No session is begun
 * after `lastStart`: those left are counted, and come first at their slot's next turn; minutes not begun are the next run's.
 *
 * @param minute the schedule's own minute, counted from the epoch.
 * @param lastStart on the monotonic clock.
 * @throws whatever kept the run from reading or claiming its sessions, once those that were begun are done.
 */
export async function refreshTokens(
  deps: RefreshTokensDeps,
  minute: number,
  lastStart: Instant,
  signal: AbortSignal,
): Promise<RefreshCounts> {
  const isOver = () => deps.clock.monotonic() > lastStart;
  const run: Run = { counts: noCounts(), turns: [], isOver, oldestMs: undefined };
  const { counts } = run;
  const keys = keysDue(deps, minute, run);
  const begun = deps.clock.monotonic();
  const worker = async (): Promise<void> => {
    for (let first = true; ; first = false) {
      const next = await keys.next();
      if (next.done) return;
      if (first) await deps.clock.until(begun + refreshSlotOf(next.value, SPREAD), signal);
      counts[await tend(deps, next.value, run, signal)] += 1;
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: deps.concurrency }, worker));
  const failure = ends.find((end) => end.status === 'rejected');
  deps.logger.info('sessions-refreshed', { minute, ...counts });
  deps.measure({
    SessionsRefreshed: counts.refreshed + counts.provenByWhoami + counts.healed,
    RefreshedByWhoAmI: counts.provenByWhoami,
    SessionRefreshFailed: counts.failed,
    SessionsLeft: counts.left,
    ...(run.oldestMs !== undefined && { OldestTokenAgeMs: run.oldestMs }),
  });
  if (failure) throw failure.reason;
  for (const turn of run.turns) await deps.cursor.finish(turn.minute, turn.slot, turn.left);
  return counts;
}

async function* keysDue(deps: RefreshTokensDeps, minute: number, run: Run): AsyncGenerator<SessionKey, undefined> {
  const { cursor, wheel } = deps;
  const state = await cursor.read();
  for (const due of minutesAbandoned(minute, state.unfinished, wheel)) {
    if (run.isOver()) return undefined;
    if (await cursor.takeOver(due)) yield* keysOf(deps, due, state, run);
  }
  for (const due of minutesDue(minute, state.handled, wheel)) {
    if (run.isOver()) return undefined;
    if (await cursor.claim(due)) yield* keysOf(deps, due, state, run);
  }
  return undefined;
}

/** A slot's sessions, from where its last turn ended and all round. Those that come too late are counted only. */
async function* keysOf(
  { wheel, keysIn }: RefreshTokensDeps,
  minute: number,
  { placeIn }: CursorState,
  { counts, turns, isOver }: Run,
): AsyncGenerator<SessionKey, undefined> {
  const slot = slotAt(minute, wheel);
  const begin = placeIn(slot);
  const turn: Turn = { minute, slot, left: undefined };
  const note = (place: Place) => {
    counts.left += 1;
    turn.left ??= place;
  };
  let first: SessionKey | undefined;
  for (const { partition, after, isLast } of laps(partitionsAt(minute, wheel, begin?.partition), begin)) {
    let last = after;
    for await (const key of keysIn(partition, after)) {
      if (isLast && first && isSame(key, first)) break;
      if (after) first ??= key;
      if (isOver()) note({ partition, after: last });
      else yield key;
      last = key;
    }
  }
  turns.push(turn);
  return undefined;
}

type Lap = { readonly partition: number; readonly after?: SessionKey; readonly isLast?: true };

/** The partition that the last turn stopped in comes twice: its rest first, and last its beginning, up to where that began. */
function laps(partitions: readonly number[], begin: Place | undefined): readonly Lap[] {
  const [first, ...others] = partitions;
  const after = begin?.after;
  if (first === undefined || first !== begin?.partition || after === undefined)
    return partitions.map((partition) => ({ partition }));
  return [
    { partition: first, after },
    ...others.map((partition) => ({ partition })),
    { partition: first, isLast: true },
  ];
}

const isSame = (one: SessionKey, other: SessionKey): boolean =>
  one.email === other.email && one.fingerprint === other.fingerprint;

async function tend(
  deps: RefreshTokensDeps,
  key: SessionKey,
  run: Run,
  signal: AbortSignal,
): Promise<keyof RefreshCounts> {
  try {
    const outcome = await refreshIfFree(deps, key, signal, ({ lastTokenUpdateAt }) => {
      run.oldestMs = Math.max(run.oldestMs ?? 0, deps.clock.now() - lastTokenUpdateAt);
    });
    if (outcome) return countedAs(outcome);
    const session = await deps.sessions.find(key);
    if (!session) return 'gone';
    if (session.state === 'active') return isHeld(session, deps.clock.now()) ? 'held' : 'busy';
    return isDead(session) && (await healOrTell(deps, session, signal)) ? 'healed' : 'dead';
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

const noCounts = (): RefreshCounts => ({
  refreshed: 0,
  provenByWhoami: 0,
  healed: 0,
  ended: 0,
  failed: 0,
  held: 0,
  busy: 0,
  dead: 0,
  gone: 0,
  left: 0,
});
