import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll } from 'vitest';
import type { AimHarder } from '../../../lib/aimharder/client.ts';
import type { ServiceEvent } from '../../../lib/events/event-schemas.ts';
import { KeptPasswords } from '../../../lib/login/kept-passwords.ts';
import { reloginWithKeptPassword } from '../../../lib/login/relogin.ts';
import { MINUTE } from '../../../lib/platform/clock.ts';
import { dueIndex } from '../../../lib/refresh/due-index.ts';
import { reloginOrLeaveToWheel, reloginOrNotify } from '../../../lib/refresh/recover-session.ts';
import { refreshDueSessions } from '../../../lib/refresh/refresh-due-sessions.ts';
import { WheelCursor } from '../../../lib/refresh/wheel-cursor.ts';
import type { BackgroundSession } from '../../../lib/sessions/session.ts';
import { answering, quiet } from '../aimharder/upstream.ts';
import { startDynamo } from '../platform/dynamo.ts';
import { background, memberUpstream, newMember, SALT, storeKeys } from './session-world.ts';

const never = new AbortController().signal;
/** What AimHarder answers to a dead session, and to a login in its place. */
export const dead = { updateToken: async () => ({ kind: 'logged-out' }) };
export const loggedIn = (fingerprint: string) => ({
  kind: 'logged-in',
  session: { fingerprint, token: 'healed', cookies: [{ name: 'amhrdrauth', value: 'healed' }] },
  boxes: [],
});
export const heals = { login: async ({ fingerprint }: { fingerprint: string }) => loggedIn(fingerprint) };

let members = 0;

/** Members whose background session has just died at AimHarder, in a database of the test file's own. */
export function deadSessions() {
  let database: Awaited<ReturnType<typeof startDynamo>>;
  beforeAll(async () => {
    database = await startDynamo();
    await new WheelCursor({ documents: database.documents, table: 'sessions' }).claim(0);
  });
  afterAll(() => database.stop());

  /** A member whose background session has just died at AimHarder. @param keeps whether their password is kept. */
  async function member({ keeps = true } = {}) {
    const { documents } = database;
    const { email, clock, sessions, tokens, state, logins, relogins } = newMember(documents);
    const kept = new KeptPasswords({
      documents,
      table: 'credentials',
      clock,
      secrets: async () => ({ fingerprintSalt: SALT, keys: storeKeys }),
    });
    if (keeps) await kept.keep(email, 'password');
    const seen = (await logins.storeSession(background(email))) as BackgroundSession;
    const published: ServiceEvent[] = [];
    const bus = { takes: true };
    async function publish(event: ServiceEvent) {
      if (!bus.takes) throw new Error('the bus takes nothing');
      published.push(event);
    }
    const common = { sessions, tokens, state, relogins, clock, logger: quiet };
    const reloginAt = (aimHarder: AimHarder) => reloginWithKeptPassword({ ...common, aimHarder, keptPasswords: kept });
    /** As the firing function has it: it logs in again, and notifies nobody. */
    const firing = (aimHarder: AimHarder) =>
      memberUpstream({ ...common, aimHarder, recover: reloginOrLeaveToWheel(reloginAt(aimHarder)) }).refresher;
    /** As the timing wheel has it. */
    const wheel = (aimHarder: AimHarder) =>
      memberUpstream({
        ...{ ...common, aimHarder },
        recover: reloginOrNotify({ ...common, publish, relogin: reloginAt(aimHarder) }),
      });
    let minute = Math.floor(clock.now() / MINUTE) + 1_000_000 * members++;
    return {
      email,
      clock,
      kept,
      seen,
      tokens,
      state,
      logins,
      sessions,
      reloginAt,
      published,
      bus,
      firing,
      now: () => sessions.getBackgroundSession(email),
      /** Runs the wheel once, eight minutes later. */
      async runWheel(answers: Parameters<typeof answering>[0]) {
        minute += 8;
        clock.advance(8 * MINUTE);
        const all = dueIndex({ documents, table: 'sessions' });
        return refreshDueSessions(
          {
            ...wheel(answering(answers)),
            cursor: new WheelCursor({ documents, table: 'sessions' }),
            wheel: { slots: 8, shards: 1 },
            concurrency: 2,
            // Of this member alone: each test has its own clock.
            async *keysIn(partition) {
              for await (const key of all(partition)) if (key.email === email) yield key;
            },
          },
          minute,
          Number.POSITIVE_INFINITY,
          never,
        );
      },
    };
  }

  /** Whether the wheel refreshes a session. */
  const inWheel = async ({ email, fingerprint }: BackgroundSession) =>
    (await database.documents.send(new GetCommand({ TableName: 'sessions', Key: { email, fingerprint } }))).Item?.[
      'refreshSlot'
    ] !== undefined;

  return { member, inWheel };
}
