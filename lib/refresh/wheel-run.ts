import { type Clock, type Instant, SECOND } from '../platform/clock.ts';
import type { RefreshCounts } from './refresh-counts.ts';
import type { Claim, ResumePoint } from './slot-parts.ts';
import type { PartResult, WheelCursor } from './wheel-cursor.ts';

/** One run of the timing wheel: the run of a minute, or a worker's run of one part. */
export type WheelRun = {
  readonly counts: RefreshCounts;
  /** Whether the time for starting refreshes is over. A run goes on after it: it finishes what it has started. */
  readonly isTimeOver: () => boolean;
  /** Writes to the cursor that the run awaits before it ends. */
  readonly pendingWrites: Promise<void>[];
  /** Due minutes that were not claimed, because the run had no time left. */
  minutesNotStarted: number;
  /** How many workers the run has started. */
  workersStarted: number;
  /** The minute that the cursor had handled last, counted from the epoch, if that minute was ahead of the clock. */
  cursorWasAheadAt: number | undefined;
  /** Age of the oldest token that the run has refreshed, in milliseconds. */
  oldestTokenMs: number | undefined;
};

/** The refresh of one part of a slot. */
export type PartRun = {
  readonly claim: Claim;
  readonly partitions: readonly number[];
  /** How many sessions each partition has, as far as the run has read it. */
  readonly sizes: Map<number, number>;
  /** When the part was begun, on the monotonic clock. */
  readonly begunAt: Instant;
  /** How many sessions the run has started to refresh. */
  started: number;
  /** Where the part's next run resumes, if this one runs out of time. */
  resumeAt: ResumePoint | undefined;
  /** How many tasks are not done. Each refresh of a session is a task, and so is the reading of the part's keys. */
  openTasks: number;
};

export type FinishDeps = {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly cursor: Pick<WheelCursor, 'finish'>;
  /** How many sessions are refreshed at the same time. */
  readonly concurrency: number;
  /**
   * The most work that one run does alone, in seconds of refreshes one after the other. A slot with more is divided between
   * workers.
   */
  readonly maxWorkOfRun: number;
};

/** Counts one task of a part as done. After the last task, begins to record that the part is finished. */
export function completeTask(deps: FinishDeps, part: PartRun, run: WheelRun): void {
  part.openTasks -= 1;
  if (part.openTasks === 0) awaitLater(run, deps.cursor.finish(part.claim, resultOf(deps, part)));
}

/** Adds a write to those that the run awaits before it ends. */
export function awaitLater({ pendingWrites }: WheelRun, write: Promise<void>): void {
  // The write may fail before the run awaits it. Without a handler, Node would end the process.
  write.catch(() => undefined);
  pendingWrites.push(write);
}

/**
 * The share of `maxWorkOfRun` from which a partition's work is recorded. With 16 partitions in a slot (the default), all unrecorded
 * work together is less than half of a run's work. With fewer than 4 slots, a slot has more than 32 partitions, and their
 * unrecorded work may be more than one run can do. A small installation records nothing, so its writes of the cursor stay small.
 */
const RECORDED_SHARE = 1 / 32;

/**
 * How many rounds of concurrent refreshes are needed to measure how long one takes. In fewer rounds, the start of the run,
 * which is spread, and its end, when fewer refreshes run at the same time, would count too much.
 */
const MEASURED_ROUNDS = 4;

function resultOf(deps: FinishDeps, part: PartRun): PartResult {
  const seconds = measureSecondsPerSession(deps, part);
  const measured = [...part.sizes].map(([partition, size]) => [partition, Math.round(size * seconds)] as const);
  const recorded = measured.filter(([, work]) => work >= deps.maxWorkOfRun * RECORDED_SHARE);
  return { partitions: part.partitions, resumeAt: part.resumeAt, work: new Map(recorded) };
}

/** Measures how many seconds the refresh of a session took, 1 at least. Returns 1 if the part has too few sessions to show it. */
function measureSecondsPerSession({ clock, concurrency }: FinishDeps, { begunAt, started }: PartRun): number {
  if (started < MEASURED_ROUNDS * concurrency) return 1;
  return Math.max(1, ((clock.monotonic() - begunAt) * concurrency) / started / SECOND);
}
