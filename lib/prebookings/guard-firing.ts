import { type Clock, type Instant, SECOND } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { Measure } from '../platform/metrics.ts';
import type { FiringMessage, FiringQueue } from './firing-queue.ts';
import type { FunctionStarter } from './function-starter.ts';
import { GUARD_ENDS, hasLiveLease, isUnfinished, type Unfinished } from './prebooking.ts';
import type { PrebookingStore } from './prebooking-store.ts';
import { wakeUpOf } from './wake-up.ts';

export type GuardDeps = {
  readonly prebookings: Pick<PrebookingStore, 'find'>;
  readonly starter: Pick<FunctionStarter, 'fire'>;
  readonly queue: Pick<FiringQueue, 'send'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly measure: Measure;
};

/** How often the lease is looked at, in milliseconds. */
const LOOKS_EVERY = 0.5 * SECOND;

/** How long a firing that was started has to claim the pre-booking before it is started again, in milliseconds. */
const CLAIM_TAKES = 2 * SECOND;

/**
 * Guards a pre-booking against a firing that has died: starts another one as soon as there is no live lease. Ends when the
 * pre-booking has ended, or its lease was renewed or claimed meanwhile. The guard before the opening sends another one, which
 * looks after it.
 */
export async function guardFiring(deps: GuardDeps, message: FiringMessage, signal: AbortSignal): Promise<void> {
  const { prebookings, clock, queue } = deps;
  let seen: Unfinished['lease'] | undefined;
  let startedAt: Instant | undefined;
  for (;;) {
    const found = await prebookings.find(message);
    if (!found || !isUnfinished(found) || found.generation !== message.order) return;
    const now = clock.now();
    if (hasLiveLease(found, now)) {
      const isRenewed = seen !== undefined && found.lease?.expiresAt !== seen?.expiresAt;
      if (isRenewed) break;
    } else if (startedAt === undefined || now >= startedAt + CLAIM_TAKES) {
      await restart(deps, found);
      startedAt = now;
    }
    seen = found.lease;
    await clock.until(clock.monotonic() + LOOKS_EVERY, signal);
  }
  if (message.kind === 'guard') {
    const prebooking = await prebookings.find(message);
    if (prebooking) await queue.send('last-guard', prebooking, prebooking.opensAt + GUARD_ENDS);
  }
}

async function restart({ starter, logger, measure }: GuardDeps, prebooking: Unfinished): Promise<void> {
  const { id, generation, status } = prebooking;
  await starter.fire([wakeUpOf(prebooking)]);
  logger.warn('firing-restarted', { prebooking: id, order: generation, status });
  measure({ WakeUpLost: 1 });
}
