import { type Clock, type Instant, SECOND } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { Measure } from '../platform/metrics.ts';
import { repeatUntilDone } from '../platform/retry.ts';
import type { FiringMessage, FiringQueue } from './firing-queue.ts';
import type { FunctionStarter } from './function-starter.ts';
import { GUARD_LEAD, hasLiveLease, isUnfinished, LAST_GUARD_DELAY, type Unfinished } from './prebooking.ts';
import type { PrebookingStore } from './prebooking-store.ts';
import { type QueuedWakeUp, queuedWakeUp, type WakeUp } from './wake-up.ts';

export type GuardDeps = {
  readonly prebookings: Pick<PrebookingStore, 'find'>;
  readonly starter: Pick<FunctionStarter, 'fire'>;
  readonly queue: Pick<FiringQueue, 'send'>;
  /** Decrypts the wake-up in a message. Repeats what may succeed later. */
  readonly decryptWakeUp: (queued: QueuedWakeUp, signal: AbortSignal) => Promise<WakeUp>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly measure: Measure;
};

/** How long to wait between two looks at the lease, in milliseconds. */
const LOOK_INTERVAL = 0.5 * SECOND;

/** How long a firing that was started has to claim the pre-booking before it is started again, in milliseconds. */
const CLAIM_TIME = 2 * SECOND;

/** A guard leaves a later opening to another guard only if that guard is due more than this from now, in milliseconds. */
const FAR_AHEAD = 3 * SECOND;

/**
 * Guards a pre-booking against a firing that has died: starts another firing as soon as no lease is live. Ends once the
 * pre-booking has ended, or once a lease is renewed or claimed. If the pre-booking has not ended, the guard before the opening
 * sends the last guard, which looks once more after the opening. If the class has moved to a later opening, a guard sends another
 * guard for that opening. Repeats what fails as long as the signal allows, because the queue would deliver the message again too
 * late.
 */
export async function guardFiring(deps: GuardDeps, message: FiringMessage, signal: AbortSignal): Promise<void> {
  const { prebookings, clock, queue, decryptWakeUp } = deps;
  const untilDone = <T>(work: () => Promise<T>): Promise<T> =>
    repeatUntilDone({ clock, until: Number.POSITIVE_INFINITY, signal }, work);
  const key = await decryptWakeUp(message, signal);
  const find = async (): Promise<Unfinished | undefined> => {
    const found = await untilDone(() => prebookings.find(key));
    return found && isUnfinished(found) && found.generation === message.order ? found : undefined;
  };
  let found = await find();
  /** The lease at the last look: null if there was none; undefined before the first look. */
  let seen: Unfinished['lease'] | undefined;
  /** When this guard last started a firing, on the monotonic clock. */
  let restartedAt: Instant | undefined;
  for (; found && !isGuardedLater(found, clock.now()); found = await find()) {
    if (hasLiveLease(found, clock.now())) {
      // A changed lease shows that a firing is alive: it has renewed or claimed the lease since the last look.
      if (seen !== undefined && found.lease?.expiresAt !== seen?.expiresAt) break;
    } else if (restartedAt === undefined || clock.monotonic() >= restartedAt + CLAIM_TIME) {
      const dead = found;
      await untilDone(() => restart(deps, dead));
      restartedAt = clock.monotonic();
    }
    seen = found.lease;
    await clock.until(clock.monotonic() + LOOK_INTERVAL, signal);
  }
  const unfinished = found;
  if (!unfinished) return;
  if (isGuardedLater(unfinished, clock.now()))
    await untilDone(() => queue.send('guard', unfinished, guardDue(unfinished)));
  else if (message.kind === 'guard')
    await untilDone(() => queue.send('last-guard', unfinished, unfinished.opensAt + LAST_GUARD_DELAY));
}

const guardDue = ({ opensAt }: Unfinished): Instant => opensAt - GUARD_LEAD;

/** Checks whether the opening is so late, after a move of the class, that another guard is to guard it. */
const isGuardedLater = (prebooking: Unfinished, now: Instant): boolean => guardDue(prebooking) > now + FAR_AHEAD;

async function restart({ starter, logger, measure }: GuardDeps, prebooking: Unfinished): Promise<void> {
  const { id, generation, status } = prebooking;
  await starter.fire([queuedWakeUp(prebooking)]);
  logger.warn('firing-restarted', { prebooking: id, order: generation, status });
  measure({ WakeUpLost: 1 });
}
