import { type Clock, MINUTE } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { SessionKey } from '../sessions/session.ts';
import {
  type Claim,
  divideSlot,
  indexRanges,
  type OpenClaim,
  partitionsOfPart,
  wholeSlot,
  workOfPart,
} from './slot-parts.ts';
import { abandonedClaims, isAhead, minutesDue, outdatedClaims, type Wheel } from './timing-wheel.ts';
import type { CursorState, WheelCursor } from './wheel-cursor.ts';
import { awaitLater, completeTask, type FinishDeps, type PartRun, type WheelRun } from './wheel-run.ts';

export type DueSessionsDeps = FinishDeps & {
  readonly clock: Clock;
  readonly cursor: Pick<WheelCursor, keyof WheelCursor>;
  readonly wheel: Wheel;
  /** Reads the keys of one partition of the refresh index, as `dueIndex` describes. */
  readonly keysIn: (partition: number, after?: SessionKey) => AsyncIterable<SessionKey>;
  /** Starts a worker: another run, which refreshes one part. @throws if it was not accepted. */
  readonly startWorker: (claim: Claim) => Promise<void>;
  readonly logger: Logger;
};

type DueSession = { readonly key: SessionKey; readonly part: PartRun };

/** A due minute, or a part whose run has died, and its work (`PartitionWork`). */
type Due = { readonly minute: number; readonly abandoned: OpenClaim | undefined; readonly work: number };

/**
 * Claims what is due, and yields the sessions that this run refreshes itself: up to `maxWorkOfRun` of work. The rest is divided
 * between workers, which are started first. Claims no minute once the run's time is over.
 *
 * @param minute the minute of the run, counted from the epoch.
 */
export async function* claimDueSessions(
  deps: DueSessionsDeps,
  minute: number,
  run: WheelRun,
): AsyncGenerator<DueSession, undefined> {
  const state = await readCursor(deps, minute, run);
  const outdated = outdatedClaims(minute, state.open, deps.wheel);
  if (outdated.length > 0) awaitLater(run, deps.cursor.forget(outdated));
  const { own, shared } = divide(listDue(deps, minute, state), deps.maxWorkOfRun);
  const unstarted: Claim[] = [];
  for (const [index, due] of shared.entries()) {
    if (countLeftIfTimeIsOver(run, shared.length - index)) break;
    const claims = await claimParts(deps, due, state);
    // A run without sessions of its own takes the first part.
    const kept = own.length === 0 && unstarted.length === 0 ? claims.slice(0, 1) : [];
    unstarted.push(...kept, ...(await startWorkers(deps, claims.slice(kept.length), run)));
  }
  for (const [index, due] of own.entries()) {
    if (countLeftIfTimeIsOver(run, own.length - index)) break;
    for (const claim of await claimWhole(deps, due)) yield* sessionsOfPart(deps, claim, state, run);
  }
  // A worker may run although its start seemed to fail: either that worker or this run begins the part.
  for (const claim of unstarted) if (!run.isTimeOver()) yield* claimedSessions(deps, claim, run);
  return undefined;
}

/** Begins a part that was claimed for a worker, and yields its sessions; none if another run has begun it. */
export async function* claimedSessions(
  deps: DueSessionsDeps,
  claim: Claim,
  run: WheelRun,
): AsyncGenerator<DueSession, undefined> {
  if (!(await deps.cursor.begin(claim, deps.clock.now()))) return undefined;
  yield* sessionsOfPart(deps, claim, await deps.cursor.read(), run);
  return undefined;
}

/**
 * If the run's time is over, counts the minutes and parts that it leaves to the next run.
 *
 * @param left how many are not claimed yet.
 * @returns whether the time is over.
 */
function countLeftIfTimeIsOver(run: WheelRun, left: number): boolean {
  if (!run.isTimeOver()) return false;
  run.minutesNotStarted += left;
  return true;
}

/** Lists what is due, the oldest first. */
function listDue(
  { clock, wheel }: DueSessionsDeps,
  minute: number,
  { handled, open, workIn }: CursorState,
): readonly Due[] {
  const work = (due: number, part = wholeSlot(due, wheel)) => workOfPart(due, part, wheel, workIn);
  const abandoned = abandonedClaims(minute, clock.now(), open, wheel);
  return [
    ...abandoned.map((claim) => ({ minute: claim.minute, abandoned: claim, work: work(claim.minute, claim.part) })),
    ...minutesDue(minute, handled, wheel).map((due) => ({ minute: due, abandoned: undefined, work: work(due) })),
  ];
}

/**
 * Divides what is due between the run itself and workers. The run keeps at most `maxWorkOfRun`: the abandoned parts that fit, and
 * the newest minutes. Workers get the older minutes, because theirs are claimed first: once a minute is claimed, no earlier
 * minute can be claimed.
 */
function divide(
  due: readonly Due[],
  maxWorkOfRun: number,
): { readonly own: readonly Due[]; readonly shared: readonly Due[] } {
  let left = maxWorkOfRun;
  const takeIfItFits = ({ work }: Due): boolean => {
    if (work > left) return false;
    left -= work;
    return true;
  };
  const abandoned = due.filter((item) => item.abandoned);
  const fitting = new Set(abandoned.filter(takeIfItFits));
  const minutes = due.filter((item) => !item.abandoned);
  // Takes minutes from the newest on, until one does not fit.
  const firstOwn = minutes.findLastIndex((item) => !takeIfItFits(item)) + 1;
  return {
    own: [...fitting, ...minutes.slice(firstOwn)],
    shared: [...abandoned.filter((item) => !fitting.has(item)), ...minutes.slice(0, firstOwn)],
  };
}

/** Claims the parts of a minute's slot, or an abandoned part. @returns the claims; none if another run was faster. */
async function claimParts(deps: DueSessionsDeps, due: Due, { workIn }: CursorState): Promise<readonly Claim[]> {
  if (due.abandoned) return claimWhole(deps, due);
  const parts = divideSlot(due.minute, deps.wheel, workIn, deps.maxWorkOfRun);
  const claims = (await deps.cursor.claim(due.minute, parts, deps.clock.now())) ?? [];
  // If workers cannot be started, this run refreshes the first parts only. Each round of the wheel begins with another part.
  const begin = Math.floor(due.minute / deps.wheel.slots) % Math.max(1, claims.length);
  return [...claims.slice(begin), ...claims.slice(0, begin)];
}

/** Claims a minute's whole slot, or an abandoned part. @returns the claim; none if another run was faster. */
async function claimWhole({ cursor, clock, wheel }: DueSessionsDeps, due: Due): Promise<readonly Claim[]> {
  if (!due.abandoned) return (await cursor.claim(due.minute, [wholeSlot(due.minute, wheel)], clock.now())) ?? [];
  const claim = await cursor.takeOver(due.abandoned, clock.now());
  return claim ? [claim] : [];
}

/** Starts a worker for each claim. @returns the claims whose worker could not be started. */
async function startWorkers(
  { startWorker, logger }: DueSessionsDeps,
  claims: readonly Claim[],
  run: WheelRun,
): Promise<readonly Claim[]> {
  const started = await Promise.allSettled(claims.map((claim) => startWorker(claim)));
  const refused = started.filter((start) => start.status === 'rejected');
  run.workersStarted += started.length - refused.length;
  for (const { reason } of refused) logger.error('refresh-worker-not-started', reason);
  return claims.filter((_, index) => started[index]?.status === 'rejected');
}

/**
 * Reads the cursor. A cursor ahead of the clock would stop all runs until its minute comes, so it is set back to one round before
 * the run's minute. Every slot then runs once: the cursor does not record which slots were missed.
 */
async function readCursor(
  { cursor, wheel, clock }: DueSessionsDeps,
  minute: number,
  run: WheelRun,
): Promise<CursorState> {
  const state = await cursor.read();
  const { handled } = state;
  // The cursor is not wrong if this run has started late, or if this machine's clock is behind the run's minute.
  if (handled === undefined || !isAhead(handled, Math.max(clock.now(), minute * MINUTE))) return state;
  run.cursorWasAheadAt = handled;
  await cursor.setBack(state, minute - wheel.slots);
  return cursor.read();
}

/**
 * Yields each session of a part once: from the resume point to the part's end, then from its beginning to the resume point. Once
 * the run's time is over, only counts the sessions that are left.
 */
async function* sessionsOfPart(
  deps: DueSessionsDeps,
  claim: Claim,
  { resumePointIn }: CursorState,
  run: WheelRun,
): AsyncGenerator<DueSession, undefined> {
  const partitions = partitionsOfPart(claim.minute, claim.part, deps.wheel);
  const begunAt = deps.clock.monotonic();
  // The one open task is this reading itself.
  const part: PartRun = { claim, partitions, begunAt, sizes: new Map(), started: 0, resumeAt: undefined, openTasks: 1 };
  // The last range ends at the session of the resume point. If that session was deleted, the range reads on to the partition's end,
  // and skips the keys that the first range has yielded.
  const keysOfFirstRange = new Set<string>();
  for (const { partition, after, end } of indexRanges(partitions, resumePointIn(partitions))) {
    let last = after;
    for await (const key of deps.keysIn(partition, after)) {
      if (after) keysOfFirstRange.add(toText(key));
      if (end && keysOfFirstRange.has(toText(key))) continue;
      part.sizes.set(partition, (part.sizes.get(partition) ?? 0) + 1);
      if (run.isTimeOver()) {
        run.counts.notStarted += 1;
        part.resumeAt ??= { partition, after: last };
      } else {
        part.openTasks += 1;
        part.started += 1;
        yield { key, part };
      }
      last = key;
      if (end && toText(key) === toText(end)) break;
    }
  }
  completeTask(deps, part, run);
  return undefined;
}

const toText = ({ email, fingerprint }: SessionKey): string => `${email}\n${fingerprint}`;
