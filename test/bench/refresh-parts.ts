import { createSecretKey } from 'node:crypto';
import { AimHarder } from '../../lib/aimharder/client.ts';
import type { Documents } from '../../lib/platform/dynamodb.ts';
import { systemClock as clock } from '../../lib/platform/system-clock.ts';
import { leaveToWheel } from '../../lib/refresh/recover-session.ts';
import { SessionRefresher } from '../../lib/refresh/refresh-session.ts';
import { countPartitions } from '../../lib/refresh/timing-wheel.ts';
import { SessionState } from '../../lib/sessions/session-state.ts';
import { SessionStore } from '../../lib/sessions/session-store.ts';
import { SessionTokens } from '../../lib/sessions/session-tokens.ts';
import { documentsAt } from '../support/platform/dynamo.ts';

export const CONCURRENCY = 100;
/** One of the eight slots is run. Its sessions are spread over eight partitions of the index. */
export const WHEEL = { slots: 8, shards: 8 };
/** How many sessions are refreshed before measuring. */
export const WARM_UP = 1_000;
/** Shared by the process that seeds the sessions and the one that refreshes them; not secret. */
export const keys = { current: 'k1', keys: new Map([['k1', createSecretKey(Buffer.alloc(32, 7))]]) };
export const unhurried = new AbortController().signal;

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

export type Parts = ReturnType<typeof parts>;

/** Builds what refreshing needs, against a database and an AimHarder in other processes. */
export function parts(databaseEndpoint: string, aimHarderEndpoint: string) {
  const documents = documentsAt(databaseEndpoint);
  const consumed = countConsumed(documents);
  const sessions = new SessionStore({ documents, table: 'sessions', clock, logger: quiet });
  const table = {
    ...{ documents, table: 'sessions', clock, sessions, refreshPartitions: countPartitions(WHEEL) },
    secrets: async () => ({ fingerprintSalt: 'salt', keys }),
  };
  const tokens = new SessionTokens(table);
  const origins = { origin: aimHarderEndpoint, login: aimHarderEndpoint, box: `${aimHarderEndpoint}/{box}` };
  const aimHarder = new AimHarder({ origins, clock, connections: CONCURRENCY });
  const deps = { sessions, tokens, aimHarder, clock, logger: quiet, measure: () => undefined };
  const refresher = new SessionRefresher({ ...deps, state: new SessionState(table), recover: leaveToWheel });
  return { ...deps, documents, consumed, refresher };
}

/** Counts the capacity that every request consumes. */
function countConsumed(documents: Documents): { read: number; write: number } {
  const consumed = { read: 0, write: 0 };
  documents.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        const result = await next({ ...args, input: { ...args.input, ReturnConsumedCapacity: 'TOTAL' } });
        const { ConsumedCapacity } = result.output as { ConsumedCapacity?: { CapacityUnits?: number } };
        const kind = /Get|Query/.test(commandName) ? 'read' : 'write';
        if (!commandName.startsWith('Batch')) consumed[kind] += ConsumedCapacity?.CapacityUnits ?? 0;
        return result;
      },
    { step: 'initialize' },
  );
  return consumed;
}
