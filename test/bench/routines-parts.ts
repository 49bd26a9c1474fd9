import { LambdaClient } from '@aws-sdk/client-lambda';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { AimHarder } from '../../lib/aimharder/client.ts';
import { BookingStore } from '../../lib/bookings/booking-store.ts';
import { BoxStore } from '../../lib/boxes/box-store.ts';
import { LearnedRules } from '../../lib/boxes/learned-rules.ts';
import type { Documents } from '../../lib/platform/dynamodb.ts';
import { createStartFunction } from '../../lib/platform/start-function.ts';
import { systemClock as clock } from '../../lib/platform/system-clock.ts';
import { BookingWatches } from '../../lib/prebookings/booking-watches.ts';
import { firingStarter, preparationStarter } from '../../lib/prebookings/function-starter.ts';
import { PendingQuota } from '../../lib/prebookings/pending-quota.ts';
import { PrebookingQueries } from '../../lib/prebookings/prebooking-queries.ts';
import { PrebookingStore } from '../../lib/prebookings/prebooking-store.ts';
import { wakeUps } from '../../lib/prebookings/wake-ups.ts';
import { leaveToWheel } from '../../lib/refresh/recover-session.ts';
import { SessionRefresher } from '../../lib/refresh/refresh-session.ts';
import { PlanStore } from '../../lib/routines/plan-store.ts';
import { SessionState } from '../../lib/sessions/session-state.ts';
import { SessionStore } from '../../lib/sessions/session-store.ts';
import { SessionTokens } from '../../lib/sessions/session-tokens.ts';
import { documentsAt } from '../support/platform/dynamo.ts';

/** How many members are planned concurrently, as in functions/plan-routines.ts. */
export const CONCURRENCY = 20;
export const unhurried = new AbortController().signal;

const quiet = {
  info: () => undefined,
  warn: () => undefined,
  error: (event: string, error: unknown) => console.error(event, error),
};

export type Endpoints = { readonly database: string; readonly aimHarder: string; readonly scheduler: string };

/** Builds what planning needs, against a database, an AimHarder and a Scheduler in other processes. */
export function parts({ database, aimHarder: origin, scheduler }: Endpoints) {
  const documents = documentsAt(database);
  const consumed = countConsumed(documents);
  const sessions = new SessionStore({ documents, table: 'sessions', clock, logger: quiet });
  const prebookings = new PrebookingStore({ documents, table: 'prebookings', clock });
  const quota = new PendingQuota({ documents, table: 'prebookings', prebookings });
  const aws = {
    endpoint: scheduler,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  };
  const table = {
    ...{ documents, table: 'sessions', clock, sessions, refreshPartitions: 8 },
    secrets: () => Promise.reject(new Error('no session is needed')),
  };
  const upstream = {
    ...{ sessions, clock, logger: quiet, measure: () => undefined },
    tokens: new SessionTokens(table),
    aimHarder: new AimHarder({ origins: { origin, login: origin, box: `${origin}/{box}` }, clock }),
  };
  const deps = {
    ...upstream,
    ...{ prebookings, quota, maxPending: 15, isDeleted: async () => false, concurrency: CONCURRENCY },
    publish: async () => undefined,
    encryptMember: async () => 'k1.member',
    refresher: new SessionRefresher({ ...upstream, state: new SessionState(table), recover: leaveToWheel }),
    wakeUps: wakeUps({
      scheduler: new SchedulerClient(aws),
      starter: {
        ...preparationStarter(createStartFunction(new LambdaClient(aws), 'arn:function')),
        ...firingStarter(createStartFunction(new LambdaClient(aws), 'arn:function')),
      },
      target: { group: 'bench', roleArn: 'arn:role', prepareArn: 'arn:function', deadLetterArn: 'arn:queue' },
    }),
    learnedRules: new LearnedRules({
      documents,
      table: 'prebookings',
      boxes: new BoxStore({ documents, table: 'boxes' }),
    }),
    boxSettings: { timezones: new Map<string, string>(), openings: new Map() },
    bookings: new BookingStore({ documents, table: 'bookings' }),
    watches: new BookingWatches({ documents, table: 'prebookings' }),
    prebookingQueries: new PrebookingQueries({ documents, table: 'prebookings', clock, quota, logger: quiet }),
    plans: new PlanStore({ documents, table: 'routines' }),
  };
  return { documents, consumed, deps };
}

export type Consumed = { read: number; write: number; requests: number; scans: number };

/** Counts the capacity that every request consumes, indexes included. */
function countConsumed(documents: Documents): Consumed {
  const consumed: Consumed = { read: 0, write: 0, requests: 0, scans: 0 };
  documents.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        const result = await next({ ...args, input: { ...args.input, ReturnConsumedCapacity: 'TOTAL' } });
        const { ConsumedCapacity } = result.output as { ConsumedCapacity?: { CapacityUnits?: number } };
        consumed.requests += 1;
        if (commandName.startsWith('Scan')) consumed.scans += 1;
        const units = ConsumedCapacity?.CapacityUnits ?? 0;
        if (/Get|Query|Scan/.test(commandName)) consumed.read += Math.max(units, leastUnits(args.input));
        else consumed.write += units;
        return result;
      },
    { step: 'initialize' },
  );
  return consumed;
}

/** Returns the read units that DynamoDB charges for an empty result; the local engine charges none. */
const leastUnits = (input: object): number => ('ConsistentRead' in input && input.ConsistentRead === true ? 1 : 0.5);
