import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SQSClient } from '@aws-sdk/client-sqs';
import { boxSettingsFrom, timezonesFrom } from '../boxes/settings.ts';
import { CLIENT_LIMITS } from '../platform/aws-client.ts';
import { readPositiveInteger, readRequired } from '../platform/environment.ts';
import { logger } from '../platform/logger.ts';
import { BookingWatches } from '../prebookings/booking-watches.ts';
import { ClaimWrites } from '../prebookings/claim-writes.ts';
import { firingQueue } from '../prebookings/firing-queue.ts';
import { type FunctionStarter, firingStarter, preparationStarter } from '../prebookings/function-starter.ts';
import { PendingQuota } from '../prebookings/pending-quota.ts';
import type { PrebookingKey } from '../prebookings/prebooking.ts';
import { PrebookingList } from '../prebookings/prebooking-list.ts';
import { PrebookingQueries } from '../prebookings/prebooking-queries.ts';
import { PrebookingStore } from '../prebookings/prebooking-store.ts';
import { PreparationWrites } from '../prebookings/preparation-writes.ts';
import { releaseQuota } from '../prebookings/release-quota.ts';
import { decryptWithRetries, encryptMember, type QueuedWakeUp } from '../prebookings/wake-up.ts';
import { wakeUps } from '../prebookings/wake-ups.ts';
import { type Base, clock, composeKeys, composeMeasure, composePublish, composeTable } from './base.ts';
import { composeBookings } from './bookings.ts';
import { composeLearnedRules } from './boxes.ts';
import { composeAimHarder, composeSessions, composeTombstones, type SessionBase } from './sessions.ts';
import { composeStart } from './start.ts';
import { composeUpstream } from './upstream.ts';

const composePrebookingTable = (base: Base) => ({ ...composeTable(base, 'PREBOOKINGS_TABLE'), clock });

export const composePrebookings = (base: Base) => new PrebookingStore(composePrebookingTable(base));

export const composeWatches = (base: Base) => new BookingWatches(composeTable(base, 'PREBOOKINGS_TABLE'));

export const composePrebookingList = (base: Base) => new PrebookingList({ ...composePrebookingTable(base), logger });

const composeQuota = (base: Base) =>
  new PendingQuota({ ...composePrebookingTable(base), prebookings: composePrebookings(base) });

/** Composes the writes of a firing. Of the quota they get only the release, so that their function's bundle stays small. */
export const composeClaims = (base: Base) => {
  const table = composePrebookingTable(base);
  return new ClaimWrites({ ...table, quota: { release: (key: PrebookingKey) => releaseQuota(table, key) } });
};

export const composePreparationWrites = (base: Base) => new PreparationWrites(composePrebookingTable(base));

export const composePrebookingQueries = (base: Base) =>
  new PrebookingQueries({ ...composePrebookingTable(base), quota: composeQuota(base), logger });

/** Composes the starter of the functions that prepare and fire. */
const composeStarter = (base: Base): FunctionStarter => ({
  ...preparationStarter(composeStart(base, 'PREPARE_FUNCTION_ARN')),
  ...composeFiringStarter(base),
});

const composeFiringStarter = (base: Base) => firingStarter(composeStart(base, 'FIRE_FUNCTION_ARN'));

/** Composes the dependencies for queueing firings and starting them. */
export const composeQueueing = (base: Base) => ({
  starter: composeFiringStarter(base),
  queue: firingQueue(
    // By default the client sends to the host of the queue's URL, and ignores the endpoint variable that local runs set.
    new SQSClient({ ...CLIENT_LIMITS, useQueueUrlAsEndpoint: false }),
    readRequired(base.environment, 'FIRING_QUEUE_URL').FIRING_QUEUE_URL,
    clock,
  ),
});

/** Composes the dependencies for starting and guarding the firings whose time has come. */
export const composeDispatch = (base: Base) => {
  const secrets = composeKeys(base);
  return {
    ...composeQueueing(base),
    decryptWakeUp: (queued: QueuedWakeUp, signal: AbortSignal) =>
      decryptWithRetries({ secrets, clock }, queued, signal),
    prebookings: composePrebookings(base),
    clock,
    logger,
    measure: composeMeasure(base),
  };
};

/** Composes the dependencies for setting the wake-ups of pre-bookings and removing them. */
export const composeWakeUps = (base: Base) => ({
  prebookings: composePrebookings(base),
  quota: composeQuota(base),
  wakeUps: wakeUps({
    scheduler: new SchedulerClient(CLIENT_LIMITS),
    starter: composeStarter(base),
    target: wakeUpTarget(base),
  }),
  clock,
  logger,
  measure: composeMeasure(base),
});

function wakeUpTarget({ environment }: Base) {
  const variables = readRequired(
    environment,
    'SCHEDULE_GROUP',
    'SCHEDULE_ROLE_ARN',
    'SCHEDULE_DEAD_LETTER_ARN',
    'PREPARE_FUNCTION_ARN',
  );
  return {
    group: variables.SCHEDULE_GROUP,
    roleArn: variables.SCHEDULE_ROLE_ARN,
    prepareArn: variables.PREPARE_FUNCTION_ARN,
    deadLetterArn: variables.SCHEDULE_DEAD_LETTER_ARN,
  };
}

/** Composes the dependencies for ordering a class for its opening, except those for calling AimHarder (`composeUpstream`). */
export const composeOrdering = (base: Base) => {
  const secrets = composeKeys(base);
  return {
    ...composeWakeUps(base),
    encryptMember: (key: PrebookingKey) => encryptMember(secrets, key),
    prebookingQueries: composePrebookingQueries(base),
    learnedRules: composeLearnedRules(base),
    boxSettings: boxSettingsFrom(base.environment),
    isDeleted: composeTombstones(base).isRaised,
    maxPending: readPositiveInteger(base.environment, 'MAX_PENDING_PREBOOKINGS', 15),
  };
};

/** Composes the dependencies for creating a pre-booking for the caller of a route. */
export const composeCreatePrebooking = (base: SessionBase) => ({ ...composeUpstream(base), ...composeOrdering(base) });

/** Composes the dependencies for booking a class at once, or ordering it if its bookings are not open yet. */
export const composeBookOrOrder = (base: SessionBase) => ({
  ...composeCreatePrebooking(base),
  bookings: composeBookings(base),
  watches: composeWatches(base),
});

/** Composes the dependencies for the sweep. */
export const composeSweep = (base: Base) => ({
  ...composeWakeUps(base),
  sessions: composeSessions(base),
  bookings: composeBookings(base),
  watches: composeWatches(base),
  aimHarder: composeAimHarder(base),
  boxSettings: { timezones: timezonesFrom(base.environment) },
  publish: composePublish(base),
});
