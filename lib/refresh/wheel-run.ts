import { type Clock, type Instant, SECOND } from '../platform/clock.ts';
import type { RefreshCounts } from './refresh-counts.ts';
import type { Claim, ResumePoint } from './slot-parts.ts';
import type { PartResult, WheelCursor } from './wheel-cursor.ts';

/** One run of the timing wheel: the run of a minute, or a worker's run of one part. */
export type WheelRun = {
  readonly counts: RefreshCounts;
  readonly isOver: () => boolean;
  /** Writes to the cursor that the run awaits before it ends. */
  readonly background: Promise<void>[];
  /** Due minutes that were not claimed, because the run had no time left. */
  minutesNotStarted: number;
  /** How many workers the run has started. */
  workersStarted: number;
  /** The cursor's minute, if it was ahead of the clock. */
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
  /** On the monotonic clock. */
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
  /** The most work that one run does alone, as `PartitionWork` counts it. A slot with more is divided between workers. */
  readonly partWork: number;
};

/** Counts one task of a part as done. After the last task, records in the background that the part is finished. */
export function completeTask(deps: FinishDeps, part: PartRun, run: WheelRun): void {
  part.openTasks -= 1;
  if (part.openTasks === 0) inBackground(run, deps.cursor.finish(part.claim, resultOf(deps, part)));
}

/** Starts work that the run awaits before it ends. */
export function inBackground({ background }: WheelRun, work: Promise<void>): void {
  // The work may fail before the run awaits it. Without a handler, Node would end the process.
  work.catch(() => undefined);
  background.push(work);
}

/**
 * The share of `partWork` from which a partition's work is recorded. A slot has at most 128 partitions, and 16 by default, so
 * that a slot without records is small enough for one run. In a small installation the cursor holds no records, and its
 * writes stay small.
 */
const RECORDED_SHARE = 1 / 32;

/** How many refreshes after one another show how long one takes. The first ones are spread, and the last ones leave gaps. */
const MEASURED_ROUNDS = 4;

function resultOf(deps: FinishDeps, part: PartRun): PartResult {
  const seconds = secondsPerSession(deps, part);
  const all = [...part.sizes].map(([partition, size]) => [partition, Math.round(size * seconds)] as const);
  const recorded = all.filter(([, work]) => work >= deps.partWork * RECORDED_SHARE);
  return { partitions: part.partitions, resumeAt: part.resumeAt, work: new Map(recorded) };
}

/** Returns how long a session took; a second if the part has too few sessions to show it, or if they took less. */
function secondsPerSession({ clock, concurrency }: FinishDeps, { begunAt, started }: PartRun): number {
  if (started < MEASURED_ROUNDS * concurrency) return 1;
  return Math.max(1, ((clock.monotonic() - begunAt) * concurrency) / started / SECOND);
}
