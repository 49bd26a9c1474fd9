import type { Instant } from '../platform/clock.ts';
import type { SessionKey } from '../sessions/session.ts';
import { partitionsAt, type Wheel } from './timing-wheel.ts';

/**
 * A part of a slot: some neighbouring partitions of the slot, from the `first` to the `last` position in
 * `partitionsAt`. One run refreshes a part. A small slot is one part.
 */
export type Part = { readonly first: number; readonly last: number };

/** One run's claim of a part. `id` differs for every claim. */
export type Claim = { readonly minute: number; readonly part: Part; readonly id: string };

/** A claim whose part is not finished: its run still works, or has died, or a worker has not begun it yet. */
export type OpenClaim = Claim & {
  /** When the part was claimed, begun or taken over. */
  readonly at: Instant;
  /** Whether the part was taken over from a run that had died. */
  readonly isTakenOver: boolean;
};

/**
 * Where the next run of a partition resumes: after the session `after`, the last one that the previous run started to refresh; or
 * at the partition's beginning.
 */
export type ResumePoint = { readonly partition: number; readonly after?: SessionKey | undefined };

/**
 * Returns the work of a partition: how many seconds its refreshes take one after the other. The partition's last run has
 * measured them; each session counts as a second at least. 0 if the work is too little to matter (`RECORDED_SHARE` in
 * `wheel-run.ts`), or unknown.
 */
export type PartitionWork = (partition: number) => number;

export const partitionsOfPart = (minute: number, { first, last }: Part, wheel: Wheel): readonly number[] =>
  partitionsAt(minute, wheel).slice(first, last + 1);

/** Returns the whole slot of a minute as one part. */
export const wholeSlot = (minute: number, wheel: Wheel): Part => ({
  first: 0,
  last: partitionsAt(minute, wheel).length - 1,
});

export const workOfPart = (minute: number, part: Part, wheel: Wheel, workIn: PartitionWork): number =>
  partitionsOfPart(minute, part, wheel).reduce((sum, partition) => sum + workIn(partition), 0);

/**
 * Divides a slot into parts of at most `maxWork` seconds of work. A partition is not divided, so a part of a single partition may
 * have more work.
 */
export function divideSlot(minute: number, wheel: Wheel, workIn: PartitionWork, maxWork: number): readonly Part[] {
  const parts: Part[] = [];
  let first = 0;
  let sum = 0;
  for (const [position, partition] of partitionsAt(minute, wheel).entries()) {
    const work = workIn(partition);
    if (position > first && sum + work > maxWork) {
      parts.push({ first, last: position - 1 });
      first = position;
      sum = 0;
    }
    sum += work;
  }
  return [...parts, { first, last: wholeSlot(minute, wheel).last }];
}

/** The keys of one partition of the index, after the key `after` (if given) and up to and including `end` (if given). */
export type IndexRange = { readonly partition: number; readonly after?: SessionKey; readonly end?: SessionKey };

/**
 * Lists the ranges that a part's run reads: from the resume point to the part's end, then from its beginning to the resume point.
 * The partition of the resume point comes twice: first its keys after that point, and last its keys up to that point.
 */
export function indexRanges(partitions: readonly number[], resumeAt: ResumePoint | undefined): readonly IndexRange[] {
  // Without a resume point in these partitions, the run begins with the first one.
  const begin = Math.max(0, partitions.indexOf(resumeAt?.partition ?? -1));
  const [first, ...others] = [...partitions.slice(begin), ...partitions.slice(0, begin)].map((partition) => ({
    partition,
  }));
  const after = resumeAt?.after;
  if (!first) return [];
  if (after === undefined || first.partition !== resumeAt?.partition) return [first, ...others];
  return [{ ...first, after }, ...others, { ...first, end: after }];
}
