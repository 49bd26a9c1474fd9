import { type Clock, MINUTE } from '../platform/clock.ts';
import type { SessionKey } from '../sessions/session.ts';
import type { RefreshCounts } from './refresh-counts.ts';
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

export type DueSessionsDeps = {
  readonly clock: Clock;
  readonly cursor: Pick<WheelCursor, keyof WheelCursor>;
  readonly wheel: Wheel;
  /** Reads the keys of one partition of the refresh index, as `dueIndex` describes. */
  readonly keysIn: (partition: number, after?: SessionKey) => AsyncIterable<SessionKey>;
};

/** One run of the timing wheel. A run handles its own minute and the minutes that earlier runs have missed. */
export type WheelRun = {
  readonly counts: RefreshCounts;
  readonly isOver: () => boolean;
  /** Writes to the cursor that the run awaits before it ends. */
  readonly background: Promise<void>[];
  /** Due minutes that were not claimed, because the run had no time left. */
  minutesNotStarted: number;
  /** The cursor's minute, if it was ahead of the clock. */
  cursorWasAheadAt: number | undefined;
  /** Age of the oldest token that the run has refreshed, in milliseconds. */
  oldestTokenMs: number | undefined;
};

/** The refresh of one slot in one minute. */
export type SlotRun = {
  readonly minute: number;
  readonly slot: number;
  /** Where the slot's next run resumes, if this one runs out of time. */
  resumeAt: ResumePoint | undefined;
  /** How many parts are not done. Each refresh of a session is a part, and so is the reading of the slot's keys. */
  openParts: number;
};

type DueSession = { readonly key: SessionKey; readonly slotRun: SlotRun };

/**
 * Claims the due minutes one by one, and yields the sessions of their slots. No minute is claimed once the run is over.
 *
 * @param minute the minute of the run, counted from the epoch.
 */
export async function* claimDueSessions(
  deps: DueSessionsDeps,
  minute: number,
  run: WheelRun,
): AsyncGenerator<DueSession, undefined> {
  const { cursor, wheel, clock } = deps;
  const state = await readCursor(deps, minute, run);
  const outdated = minutesOutdated(minute, state.unfinished, wheel);
  if (outdated.length > 0) inBackground(run, cursor.forget(outdated));
  const abandoned = minutesAbandoned(minute, clock.now(), state.unfinished, wheel);
  const minutes = [...abandoned, ...minutesDue(minute, state.handled, wheel)];
  for (const [index, due] of minutes.entries()) {
    if (run.isOver()) {
      run.minutesNotStarted = minutes.length - index;
      return undefined;
    }
    const isClaimed = index < abandoned.length ? await cursor.takeOver(due) : await cursor.claim(due, clock.now());
    if (isClaimed) yield* sessionsOfSlot(deps, due, state, run);
  }
  return undefined;
}

/** Counts one part of a slot run as done. After the last part, records in the background that the minute is finished. */
export function completePart({ cursor }: Pick<DueSessionsDeps, 'cursor'>, slotRun: SlotRun, run: WheelRun): void {
  slotRun.openParts -= 1;
  if (slotRun.openParts > 0) return;
  inBackground(run, cursor.finish(slotRun.minute, slotRun.slot, slotRun.resumeAt));
}

/** Starts work that the run awaits before it ends. */
function inBackground({ background }: WheelRun, work: Promise<void>): void {
  // The work may fail before the run awaits it. Without a handler, Node would end the process.
  work.catch(() => undefined);
  background.push(work);
}

/**
 * Reads the cursor. A cursor ahead of the clock would stop all runs until its minute comes, so it is set back. It is set back
 * by a whole round, so that every slot runs once: the cursor does not record which slots were missed.
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
 * Yields each session of a slot once, from the slot's resume point round to it again. Once the run is over, it only counts
 * the sessions that are left.
 */
async function* sessionsOfSlot(
  deps: DueSessionsDeps,
  minute: number,
  { resumePointOf }: CursorState,
  run: WheelRun,
): AsyncGenerator<DueSession, undefined> {
  const slot = slotAt(minute, deps.wheel);
  const slotRun: SlotRun = { minute, slot, resumeAt: undefined, openParts: 1 };
  // The round ends at the session of the resume point. If that session was deleted, the round reads on, and skips these keys.
  const firstLap = new Set<string>();
  for (const { partition, after, end } of indexRanges(minute, deps.wheel, resumePointOf(slot))) {
    let last = after;
    for await (const key of deps.keysIn(partition, after)) {
      if (after) firstLap.add(toText(key));
      if (end && firstLap.has(toText(key))) continue;
      if (run.isOver()) {
        run.counts.notStarted += 1;
        slotRun.resumeAt ??= { partition, after: last };
      } else {
        slotRun.openParts += 1;
        yield { key, slotRun };
      }
      last = key;
      if (end && toText(key) === toText(end)) break;
    }
  }
  completePart(deps, slotRun, run);
  return undefined;
}

const toText = ({ email, fingerprint }: SessionKey): string => `${email}\n${fingerprint}`;
