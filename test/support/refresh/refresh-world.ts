import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import type { AimHarder } from '../../../lib/aimharder/client.ts';
import { MINUTE, SECOND } from '../../../lib/platform/clock.ts';
import type { Documents } from '../../../lib/platform/dynamodb.ts';
import type { Logger } from '../../../lib/platform/logger.ts';
import { dueIndex } from '../../../lib/refresh/due-index.ts';
import { type RefreshDueSessionsDeps, refreshDueSessions } from '../../../lib/refresh/refresh-due-sessions.ts';
import { WheelCursor } from '../../../lib/refresh/wheel-cursor.ts';
import { hashBucket, type SessionKey } from '../../../lib/sessions/session.ts';
import { answering, quiet } from '../aimharder/upstream.ts';
import { device, memberUpstream, START, sessionStores, steppedClock } from '../sessions/session-world.ts';

const never = new AbortController().signal;

export type WheelWorld = Awaited<ReturnType<typeof wheelWorld>>;

/** How a run differs from the default. */
type Changes = Partial<RefreshDueSessionsDeps> & { readonly aimHarder?: AimHarder };

let worlds = 0;

/**
 * A timing wheel of eight slots on a real engine, which has run until just before slot 3. Its sessions belong to one member, and
 * no other world's runs refresh them. The test gives AimHarder's answers. A run begins at the start of its minute; then the clock
 * stands still, unless an answer moves it.
 */
export async function wheelWorld(documents: Documents) {
  worlds += 1;
  const begin = Math.floor(START / MINUTE / 8) * 8 + 3;
  const email = `wheel-${worlds}@example.com`;
  const clock = steppedClock(begin * MINUTE);
  const stores = sessionStores(documents, clock);
  const refreshed: string[] = [];
  const lines: (readonly [level: string, fields: Parameters<Logger['info']>[1]])[] = [];

  /** The minutes of slot 3: its first, and the following rounds. */
  const slot3 = (round: number) => begin + 8 * round;

  const renewed = async (session: { fingerprint: string }) => {
    refreshed.push(session.fingerprint);
    return { kind: 'updated', session: { ...session, token: 'next' } };
  };

  function keysOfMember(engine: Documents): RefreshDueSessionsDeps['keysIn'] {
    const all = dueIndex({ documents: engine, table: 'sessions' });
    return async function* keysIn(partition, after) {
      for await (const key of all(partition, after)) if (key.email === email) yield key;
    };
  }

  const logger: Logger = {
    ...quiet,
    info: (_event, fields) => void lines.push(['info', fields]),
    warn: (_event, fields) => void lines.push(['warn', fields]),
  };

  function deps({ aimHarder = answering({ updateToken: renewed }), ...changes }: Changes = {}) {
    return {
      ...memberUpstream({ ...stores, aimHarder, clock, logger }),
      cursor: new WheelCursor({ documents, table: 'sessions' }),
      wheel: { slots: 8, shards: 1 },
      concurrency: 1,
      keysIn: keysOfMember(documents),
      ...changes,
    };
  }

  /** @param time how long the run starts refreshes, in milliseconds. */
  function run(minute: number, changes: Changes = {}, time = Number.POSITIVE_INFINITY) {
    clock.advance(Math.max(0, minute * MINUTE - clock.now()));
    return refreshDueSessions(deps(changes), minute, clock.monotonic() + time, never);
  }

  async function sessionsInSlot(slot: number, count: number): Promise<void> {
    let stored = 0;
    for (let number = 0; stored < count; number += 1) {
      const fingerprint = `device-${number}`;
      if (hashBucket({ email, fingerprint }, 8) !== slot) continue;
      await stores.logins.storeSession(device(email, fingerprint));
      stored += 1;
    }
  }

  await documents.send(new DeleteCommand({ TableName: 'sessions', Key: { email: '#refresh', fingerprint: 'cursor' } }));
  await deps().cursor.claim(begin - 1);
  await deps().cursor.finish(begin - 1, 2, undefined);

  return {
    ...{
      email,
      clock,
      sessions: stores.sessions,
      refreshed,
      lines,
      slot3,
      renewed,
      keysOfMember,
      deps,
      run,
      sessionsInSlot,
    },
    async minutesBetween(first: number, last: number) {
      for (let minute = first + 1; minute < last; minute += 1) await run(minute);
    },
    /** The member's sessions in a partition of the index, in its order. */
    async keysIn(partition: number): Promise<SessionKey[]> {
      const keys: SessionKey[] = [];
      for await (const key of keysOfMember(documents)(partition)) keys.push(key);
      return keys;
    },
    /** Each answer takes a second. */
    slowly: answering({
      async updateToken(session) {
        clock.advance(SECOND);
        return renewed(session);
      },
    }),
  };
}

/** The time in which so many refreshes start, one after the other, if each takes a second. */
export const timeFor = (count: number) => (count - 0.5) * SECOND;
