import { type Instant, SECOND } from '../platform/clock.ts';
import { awaitInTime, repeatUntilDone } from '../platform/retry.ts';
import type { FiringQueue } from '../prebookings/firing-queue.ts';
import type { FunctionStarter } from '../prebookings/function-starter.ts';
import {
  FIRING_LEAD,
  type Finished,
  GUARD_LEAD,
  LEASE_TTL,
  type Preparation,
  TOO_NEAR_TO_QUEUE,
  type Unfinished,
} from '../prebookings/prebooking.ts';
import type { PreparationWrites } from '../prebookings/preparation-writes.ts';
import { type QueuedWakeUp, queuedWakeUp, type WakeUp, wakeUpOf } from '../prebookings/wake-up.ts';
import { claim, type HeldLease, type SkipReason } from './claim.ts';
import { type FollowDeps, follow } from './follow.ts';
import type { PrepareSessionDeps } from './prepare-session.ts';
import { prepareSessionAndClass, UNPREPARED } from './prepare-session-and-class.ts';
import { type RecordDeps, recordResult } from './record-result.ts';
import { reportClaimed } from './report.ts';
import { createSteps, type StepTimes } from './steps.ts';

export type PreparationDeps = PrepareSessionDeps &
  RecordDeps &
  FollowDeps & {
    readonly preparations: Pick<PreparationWrites, 'handOver'>;
    readonly queue: FiringQueue;
    readonly starter: Pick<FunctionStarter, 'fire'>;
  };

/** A preparation repeats failed steps until its firing has to be queued. The firing does the steps that are left. */
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

/** How late a queued firing may begin, in milliseconds: SQS is less late. After that, a wake-up may repeat the preparation. */
const STARTING_TAKES = 4 * SECOND;

/** How much earlier than its time a message may come, in milliseconds: SQS delays by whole seconds. */
const MESSAGE_IS_EARLY = SECOND;

/**
 * How long before the opening a preparation renews its lease for the last time, in milliseconds. A preparation that hangs must
 * not keep its firing from claiming the pre-booking: its lease has expired when the firing's message comes.
 */
const RENEWING_ENDS = FIRING_LEAD + MESSAGE_IS_EARLY + LEASE_TTL;

/** How long a preparation waits for the answer of SQS, in milliseconds. A message that SQS accepts later does no harm. */
const QUEUEING_TAKES = 5 * SECOND;

/** A pre-booking that was handed over. `due`: this process has to start the firing. */
type HandedOver = {
  readonly firing: 'queued' | 'due';
  readonly opensAt: Instant;
  /** Resolves when SQS has answered. */
  readonly queued: Promise<unknown>;
};

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
  const claimed = await claim(deps, wakeUp, signal, objectIfPrepared);
  if (typeof claimed === 'string') return skip(deps, wakeUp, claimed);
  const { prebooking, lease } = claimed;
  const wokenLateMs = reportClaimed(deps, prebooking);
  const alive = AbortSignal.any([signal, lease.lost]);
  try {
    const end = await prepareClaimed(deps, { prebooking, lease, wokenLateMs }, alive);
    lease.stopRenewing();
    if (typeof end === 'string' || !('firing' in end)) return end;
    if (end.firing === 'due') await startFiring(deps, queuedWakeUp(prebooking), end.opensAt, signal);
    // Lambda freezes this process when it has ended.
    await end.queued;
    return end.firing === 'due' ? 'started' : 'queued';
  } catch (error) {
    if (!lease.lost.aborted) throw error;
    return skip(deps, wakeUp, 'lease-lost');
  } finally {
    lease.stopRenewing();
  }
}

/** Objects to claiming a pre-booking that was handed over, while its firing is still to begin. */
function objectIfPrepared(prebooking: Unfinished, now: Instant): SkipReason | undefined {
  if (prebooking.status !== 'pending' || !prebooking.prepared) return undefined;
  return now < prebooking.prepared.firesAt + STARTING_TAKES ? 'prepared-already' : undefined;
}

/** Starts the firing, and repeats that until the opening, because no queued message would start it. */
async function startFiring(
  { clock, starter }: PreparationDeps,
  wakeUp: QueuedWakeUp,
  opensAt: Instant,
  signal: AbortSignal,
): Promise<void> {
  const until = clock.monotonic() + opensAt - clock.now();
  await repeatUntilDone({ clock, until, signal }, () => starter.fire([wakeUp]));
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
 * Prepares a claimed pre-booking. Queues the firing and its guard before all else: if this process dies, the firing begins
 * anyway. A message for a pre-booking that has ended or moved does no harm.
 */
async function prepareClaimed(
  deps: PreparationDeps,
  preparing: Preparing,
  signal: AbortSignal,
): Promise<Finished | SkipReason | HandedOver> {
  const { prebooking, lease, wokenLateMs } = preparing;
  const { clock } = deps;
  const renewingEnds = clock.timeout(prebooking.opensAt - clock.now() - RENEWING_ENDS);
  lease.stopRenewing();
  lease.startRenewing(AbortSignal.any([signal, renewingEnds]));
  const isTooNear = prebooking.opensAt - clock.now() < TOO_NEAR_TO_QUEUE;
  const queued = queueFiring(deps, prebooking, isTooNear ? ['guard'] : ['fire', 'guard'], signal);
  // Until `queued` is awaited, a rejection must not count as unhandled.
  queued.catch(() => undefined);
  if (isTooNear) return handOver(deps, preparing, { ...UNPREPARED, firesAt: clock.now() }, queued, signal);
  const isQueued = await queued;
  const ready = await prepareSessionAndClass(
    deps,
    prebooking,
    createSteps(deps, prebooking, STEP_TIMES, signal),
    signal,
  );
  if ('result' in ready) {
    const finished = await recordResult(deps, preparing, ready.result, wokenLateMs, signal);
    return finished ?? skip(deps, wakeUpOf(prebooking), 'lease-lost');
  }
  if ('moved' in ready) {
    const { openingRule } = prebooking;
    const followed = await follow(deps, preparing, { ...ready, openingRule }, signal);
    if (typeof followed === 'string') return skip(deps, wakeUpOf(prebooking), followed);
    // The new opening needs messages and a preparation of its own.
    return prepareClaimed(deps, { ...preparing, prebooking: followed }, signal);
  }
  const { classId, isSessionProven, isClassListed } = ready;
  await ready.reserved;
  const preparation = {
    isSessionProven,
    isClassListed,
    firesAt: isQueued ? computeFiringDue(prebooking) : clock.now(),
  };
  return handOver(deps, { ...preparing, prebooking: { ...prebooking, classId } }, preparation, queued, signal);
}

/**
 * Hands the pre-booking over to its firing, which ends the lease. The firing is due if it was not queued, or if its message may
 * have come already and was refused because of the lease.
 */
async function handOver(
  deps: PreparationDeps,
  { prebooking, lease, wokenLateMs }: Preparing,
  preparation: Preparation,
  queued: Promise<boolean>,
  signal: AbortSignal,
): Promise<SkipReason | HandedOver> {
  const { preparations, clock, logger } = deps;
  const until = clock.monotonic() + Math.max(0, computeFiringDue(prebooking) - clock.now());
  const isHandedOver = await repeatUntilDone({ clock, until, signal }, () =>
    preparations.handOver(prebooking, lease.id, preparation, wokenLateMs),
  );
  if (!isHandedOver) return skip(deps, wakeUpOf(prebooking), 'lease-lost');
  const { isSessionProven: session, isClassListed: listed } = preparation;
  const isDue = preparation.firesAt - MESSAGE_IS_EARLY <= clock.now();
  logger.info('prebooking-prepared', { prebooking: prebooking.id, session, listed, queued: !isDue });
  return { firing: isDue ? 'due' : 'queued', opensAt: prebooking.opensAt, queued };
}

const computeFiringDue = ({ opensAt }: Unfinished): Instant => opensAt - FIRING_LEAD;

/** When each message is to come, in milliseconds before the opening. */
const LEADS = { fire: FIRING_LEAD, guard: GUARD_LEAD } as const;

/**
 * Queues messages for a pre-booking.
 *
 * @returns false if SQS has refused a message, or does not answer: then the firing has to be started without a message.
 */
async function queueFiring(
  { queue, clock, logger }: PreparationDeps,
  prebooking: Unfinished,
  kinds: readonly (keyof typeof LEADS)[],
  signal: AbortSignal,
): Promise<boolean> {
  const { id, opensAt } = prebooking;
  const sent = kinds.map((kind) =>
    queue.send(kind, prebooking, opensAt - LEADS[kind]).then(
      () => true,
      (error: unknown) => {
        logger.error('firing-not-queued', error, { prebooking: id });
        return false;
      },
    ),
  );
  const until = clock.monotonic() + QUEUEING_TAKES;
  const accepted = await awaitInTime({ clock, until, signal }, Promise.all(sent), [false]);
  return accepted.every(Boolean);
}
