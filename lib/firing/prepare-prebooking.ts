import { type Instant, SECOND } from '../platform/clock.ts';
import { repeatUntilDone } from '../platform/retry.ts';
import type { FiringQueue } from '../prebookings/firing-queue.ts';
import type { FunctionStarter } from '../prebookings/function-starter.ts';
import {
  FIRING_LEAD,
  type Finished,
  GUARD_LEAD,
  type Preparation,
  TOO_NEAR_TO_QUEUE,
  type Unfinished,
} from '../prebookings/prebooking.ts';
import type { PreparationWrites } from '../prebookings/preparation-writes.ts';
import { type WakeUp, wakeUpOf } from '../prebookings/wake-up.ts';
import { claim, type HeldLease, type SkipReason } from './claim.ts';
import { type FollowDeps, follow } from './follow.ts';
import { getReady } from './get-ready.ts';
import type { PrepareSessionDeps } from './prepare-session.ts';
import { type RecordDeps, record } from './record-result.ts';
import { reportClaimed } from './report.ts';
import { type StepTimes, stepsFor } from './steps.ts';

export type PreparationDeps = PrepareSessionDeps &
  RecordDeps &
  FollowDeps & {
    readonly preparations: Pick<PreparationWrites, 'handOver'>;
    readonly queue: FiringQueue;
    readonly starter: Pick<FunctionStarter, 'fire'>;
  };

/** A preparation repeats what fails until its firing has to be queued. What is left undone, the firing does. */
const STEP_TIMES: StepTimes = {
  beginsBefore: {
    refresh: TOO_NEAR_TO_QUEUE,
    proof: TOO_NEAR_TO_QUEUE,
    listing: TOO_NEAR_TO_QUEUE,
    calibration: TOO_NEAR_TO_QUEUE,
  },
  repeatingEnds: TOO_NEAR_TO_QUEUE + 5 * SECOND,
  ends: TOO_NEAR_TO_QUEUE - 5 * SECOND,
};

/** How long a firing that has not begun yet is left alone, in milliseconds: longer than the queue is late. */
const STARTING_TAKES = 4 * SECOND;

/**
 * Prepares one pre-booking: queues the firing and its guard, proves the session, and finds the class. If the opening is too
 * near for that, or the queue fails, the firing starts as soon as the pre-booking is prepared.
 *
 * @returns the finished pre-booking, if the timetable has decided it; or how the wake-up ended.
 */
export async function preparePrebooking(
  deps: PreparationDeps,
  wakeUp: WakeUp,
  signal: AbortSignal,
): Promise<Finished | SkipReason | 'queued' | 'started'> {
  const claimed = await claim(deps, wakeUp, signal, isPrepared);
  if (typeof claimed === 'string') return skip(deps, wakeUp, claimed);
  const { prebooking, lease } = claimed;
  const wokenLateMs = reportClaimed(deps, prebooking);
  const alive = AbortSignal.any([signal, lease.lost]);
  lease.startRenewing(alive);
  try {
    return await prepareClaimed(deps, { prebooking, lease, wokenLateMs }, alive);
  } catch (error) {
    if (!lease.lost.aborted) throw error;
    return skip(deps, wakeUp, 'lease-lost');
  } finally {
    lease.stopRenewing();
  }
}

function isPrepared(prebooking: Unfinished, now: Instant): SkipReason | undefined {
  if (prebooking.status !== 'pending' || !prebooking.prepared) return undefined;
  return now < prebooking.prepared.firesAt + STARTING_TAKES ? 'prepared-already' : undefined;
}

function skip({ logger }: PreparationDeps, { id, order }: WakeUp, reason: SkipReason): SkipReason {
  logger.info('wake-up-skipped', { prebooking: id, order, reason });
  return reason;
}

type Preparing = {
  readonly prebooking: Unfinished;
  readonly lease: HeldLease;
  readonly wokenLateMs: number | undefined;
};

/**
 * Queues the firing and its guard before all else: if this process dies, the firing begins all the same. A message for a
 * pre-booking that has ended, or moved, starts nothing that does harm.
 */
async function prepareClaimed(
  deps: PreparationDeps,
  preparing: Preparing,
  signal: AbortSignal,
): Promise<Finished | SkipReason | 'queued' | 'started'> {
  const { prebooking, wokenLateMs } = preparing;
  const isQueued = await queueFiring(deps, prebooking);
  const ready = await getReady(deps, prebooking, stepsFor(deps, prebooking, STEP_TIMES, signal), signal);
  if ('result' in ready) {
    const finished = await record(deps, preparing, ready.result, wokenLateMs, signal);
    return finished ?? skip(deps, wakeUpOf(prebooking), 'lease-lost');
  }
  if ('moved' in ready) {
    const { openingRule } = prebooking;
    const followed = await follow(deps, preparing, { ...ready, openingRule }, signal);
    if (typeof followed === 'string') return skip(deps, wakeUpOf(prebooking), followed);
    return prepareClaimed(deps, { ...preparing, prebooking: followed }, signal);
  }
  const { classId, isSessionProven, isClassListed } = ready;
  // Lambda freezes this process once it has ended.
  await ready.reserved;
  const found = { isSessionProven, isClassListed, firesAt: isQueued ? firingDue(prebooking) : deps.clock.now() };
  return handOver(deps, { ...preparing, prebooking: { ...prebooking, classId } }, found, signal);
}

/** Ends the lease. If the firing is due already, or was not queued, it starts at once. */
async function handOver(
  deps: PreparationDeps,
  { prebooking, lease, wokenLateMs }: Preparing,
  found: Preparation,
  signal: AbortSignal,
): Promise<SkipReason | 'queued' | 'started'> {
  const { preparations, clock, logger, starter } = deps;
  const isDue = found.firesAt <= clock.now();
  const until = clock.monotonic() + Math.max(0, firingDue(prebooking) - clock.now());
  const isHandedOver = await repeatUntilDone({ clock, until, signal }, () =>
    preparations.handOver(prebooking, lease.id, found, wokenLateMs),
  );
  if (!isHandedOver) return skip(deps, wakeUpOf(prebooking), 'lease-lost');
  const { isSessionProven: session, isClassListed: listed } = found;
  logger.info('prebooking-prepared', { prebooking: prebooking.id, session, listed, queued: !isDue });
  if (!isDue) return 'queued';
  await starter.fire([wakeUpOf(prebooking)]);
  return 'started';
}

const firingDue = ({ opensAt }: Unfinished): Instant => opensAt - FIRING_LEAD;

/** @returns false if the firing has to start at once: its opening is too near, or SQS has refused a message. */
async function queueFiring({ queue, clock, logger }: PreparationDeps, prebooking: Unfinished): Promise<boolean> {
  const { id, opensAt } = prebooking;
  if (opensAt - clock.now() < TOO_NEAR_TO_QUEUE) return false;
  const messages = [
    queue.send('fire', prebooking, firingDue(prebooking)),
    queue.send('guard', prebooking, opensAt - GUARD_LEAD),
  ];
  const isSent = await Promise.all(
    messages.map((sent) =>
      sent.then(
        () => true,
        (error: unknown) => {
          logger.error('firing-not-queued', error, { prebooking: id });
          return false;
        },
      ),
    ),
  );
  return isSent.every(Boolean);
}
