import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll } from 'vitest';
import type { AimHarder, AimHarderSession } from '../../../lib/aimharder/client.ts';
import type { ServiceEvent } from '../../../lib/events/event-schemas.ts';
import { KeptPasswords } from '../../../lib/login/kept-passwords.ts';
import { reloginWithKeptPassword } from '../../../lib/login/relogin.ts';
import { type Clock, MINUTE } from '../../../lib/platform/clock.ts';
import type { Documents } from '../../../lib/platform/dynamodb.ts';
import { dueIndex } from '../../../lib/refresh/due-index.ts';
import { reloginOrLeaveToWheel, reloginOrNotify } from '../../../lib/refresh/recover-session.ts';
import { type RefreshDueSessionsDeps, refreshDueSessions } from '../../../lib/refresh/refresh-due-sessions.ts';
import { WheelCursor } from '../../../lib/refresh/wheel-cursor.ts';
import type { BackgroundSession } from '../../../lib/sessions/session.ts';
import { answering, quiet } from '../aimharder/upstream.ts';
import { startDynamo } from '../platform/dynamo.ts';
import { ALONE } from '../refresh/alone.ts';
import { background, memberUpstream, newMember, SALT, storeKeys } from './session-world.ts';

const never = new AbortController().signal;
/** AimHarder's answers for a dead session. */
export const dead = {
  updateToken: async () => ({ kind: 'logged-out' }),
  whoAmI: async () => ({ kind: 'nobody' }),
};
export const loggedIn = (fingerprint: string) => ({
  kind: 'logged-in',
  session: { fingerprint, token: 'healed', cookies: [{ name: 'amhrdrauth', value: 'healed' }] },
  boxes: [],
});
/** AimHarder's answers to a login: it accepts the password, and `setrefresh` shows no newer token. */
export const heals = {
  login: async ({ fingerprint }: { fingerprint: string }) => loggedIn(fingerprint),
  setRefresh: async (session: AimHarderSession) => session,
};

let members = 0;

/** Starts a database for the test file, and creates members in it whose background session has just died at AimHarder. */
export function deadSessions() {
  let database: Awaited<ReturnType<typeof startDynamo>>;
  beforeAll(async () => {
    database = await startDynamo();
    await new WheelCursor({ documents: database.documents, table: 'sessions' }).claim(0, [{ first: 0, last: 15 }], 0);
  });
  afterAll(() => database.stop());

  /** @param keeps whether the member's password is kept. */
  async function member({ keeps = true } = {}): Promise<MemberWithDeadSession> {
    const stores = newMember(database.documents);
    const kept = keptPasswords(database.documents, stores.clock);
    if (keeps) await kept.keep(stores.email, 'password');
    const seen = (await stores.logins.storeSession(background(stores.email))) as BackgroundSession;
    members += 1;
    return new MemberWithDeadSession({ ...stores, documents: database.documents, kept, seen }, members);
  }

  /** Whether the wheel refreshes a session. */
  const inWheel = async ({ email, fingerprint }: BackgroundSession) =>
    (await database.documents.send(new GetCommand({ TableName: 'sessions', Key: { email, fingerprint } }))).Item?.[
      'refreshSlot'
    ] !== undefined;

  return { member, inWheel };
}

const keptPasswords = (documents: Documents, clock: Clock) =>
  new KeptPasswords({
    documents,
    table: 'credentials',
    clock,
    secrets: async () => ({ fingerprintSalt: SALT, keys: storeKeys }),
  });

type Parts = ReturnType<typeof newMember> & {
  readonly documents: Documents;
  readonly kept: KeptPasswords;
  /** The background session as it was stored. */
  readonly seen: BackgroundSession;
};

/** A member whose background session has just died at AimHarder. The methods can be destructured. */
class MemberWithDeadSession {
  readonly email: string;
  readonly clock: Parts['clock'];
  readonly kept: KeptPasswords;
  readonly seen: BackgroundSession;
  readonly tokens: Parts['tokens'];
  readonly state: Parts['state'];
  readonly logins: Parts['logins'];
  readonly sessions: Parts['sessions'];
  /** The events that were published. */
  readonly published: ServiceEvent[] = [];
  /** Whether the event bus accepts events. */
  readonly bus = { takes: true };
  readonly #parts: Parts;
  #minute: number;

  /** @param number the number of the member, whose wheel runs in other minutes than those of other members. */
  constructor(parts: Parts, number: number) {
    const { email, clock, kept, seen, tokens, state, logins, sessions } = parts;
    this.email = email;
    this.clock = clock;
    this.kept = kept;
    this.seen = seen;
    this.tokens = tokens;
    this.state = state;
    this.logins = logins;
    this.sessions = sessions;
    this.#parts = parts;
    this.#minute = Math.floor(clock.now() / MINUTE) + 1_000_000 * number;
  }

  /** Reads the background session. */
  readonly now = () => this.sessions.getBackgroundSession(this.email);

  readonly reloginAt = (aimHarder: AimHarder) =>
    reloginWithKeptPassword({ ...this.#deps(), aimHarder, keptPasswords: this.kept });

  /** The refresher of the firing function. It logs in again, and notifies no member. */
  readonly firing = (aimHarder: AimHarder) =>
    memberUpstream({ ...this.#deps(), aimHarder, recover: reloginOrLeaveToWheel(this.reloginAt(aimHarder)) }).refresher;

  /** Runs the wheel once, eight minutes later. */
  readonly runWheel = (answers: Parameters<typeof answering>[0]) => {
    this.#minute += 8;
    this.clock.advance(8 * MINUTE);
    const { documents } = this.#parts;
    const deps = {
      ...this.#wheel(answering(answers)),
      cursor: new WheelCursor({ documents, table: 'sessions' }),
      wheel: { slots: 8, shards: 1 },
      concurrency: 2,
      ...ALONE,
      keysIn: this.#keysIn(),
    };
    return refreshDueSessions(deps, this.#minute, Number.POSITIVE_INFINITY, never);
  };

  /** Creates the refresher of the timing wheel. It logs in again, or notifies the member. */
  #wheel(aimHarder: AimHarder) {
    const publish = async (event: ServiceEvent) => {
      if (!this.bus.takes) throw new Error('the bus takes nothing');
      this.published.push(event);
    };
    const recover = reloginOrNotify({ ...this.#deps(), publish, relogin: this.reloginAt(aimHarder) });
    return memberUpstream({ ...this.#deps(), aimHarder, recover });
  }

  /** Reads only this member's keys from the wheel's index, because each test has its own clock. */
  #keysIn(): RefreshDueSessionsDeps['keysIn'] {
    const all = dueIndex({ documents: this.#parts.documents, table: 'sessions' });
    const { email } = this;
    return async function* keysIn(partition) {
      for await (const key of all(partition)) if (key.email === email) yield key;
    };
  }

  #deps() {
    const { sessions, tokens, state, relogins, clock } = this.#parts;
    return { sessions, tokens, state, relogins, clock, logger: quiet };
  }
}
