import { DAY, type Instant, MINUTE, SECOND } from '../../lib/platform/clock.ts';
import { memberOf } from './members.ts';
import { type Random, randomHex } from './random.ts';
import type { Store } from './sqlite-store.ts';

/** A cookie or token and how long it is good for; null: until its session ends. */
type Issued = { readonly value: string; readonly until: Instant | null };

export type SimulatedSession = {
  readonly id: string;
  readonly email: string;
  readonly fingerprint: string;
  /** The newest last. */
  cookies: readonly Issued[];
  tokens: readonly Issued[];
  usedAt: Instant;
  ended: boolean;
};

/**
 * The expiry printed in tokens and cookies; what ends a session is idleness (lib/aimharder/README.md, "Tokens",
 * "How long a session lives").
 */
const PRINTED_LIFE = 90 * DAY;

/** @property staysAlive whether being asked for keeps a session from idling. */
type Use = { readonly idleMs: number; readonly staysAlive: boolean };

/** @property oldLifeMs how long what was issued before is still taken. */
type Rotation = { readonly withCookie: boolean; readonly oldLifeMs: number };

export type Chosen = { readonly email?: string | undefined; readonly fingerprint?: string | undefined };

/** The sessions of all members, kept in a store. */
export function sessionBook(store: Store, random: Random) {
  const sessions = new Map(
    store.all('session').map((value) => [(value as SimulatedSession).id, value as SimulatedSession]),
  );

  const secret = (email: string, now: Instant): Issued => ({
    value: `${memberOf(email).id}|${Math.floor((now + PRINTED_LIFE) / SECOND)}|${randomHex(random, 32)}`,
    until: null,
  });

  const holds = (issued: readonly Issued[], value: string, now: Instant) =>
    issued.some((one) => one.value === value && (one.until === null || now < one.until));

  /** Whom a cookie belonged to, good or no longer. */
  const holders = new Map<string, SimulatedSession>();
  const savedAt = new Map<string, Instant>();
  for (const session of sessions.values()) index(session);

  function index(session: SimulatedSession): void {
    for (const { value } of session.cookies) holders.set(value, session);
  }

  const isLive = (session: SimulatedSession, now: Instant, idleMs: number) =>
    !session.ended && now - session.usedAt < idleMs;

  function save(session: SimulatedSession): SimulatedSession {
    sessions.set(session.id, session);
    index(session);
    savedAt.set(session.id, session.usedAt);
    store.put('session', session.id, session);
    return session;
  }

  return {
    open(email: string, fingerprint: string, now: Instant): SimulatedSession {
      const cookies = [secret(email, now)];
      return save({
        id: randomHex(random, 16),
        email,
        fingerprint,
        cookies,
        tokens: [secret(email, now)],
        usedAt: now,
        ended: false,
      });
    },

    /** The live session a cookie belongs to. */
    use(cookie: string | undefined, now: Instant, { idleMs, staysAlive }: Use): SimulatedSession | undefined {
      const session = holders.get(cookie ?? '');
      if (!session || !holds(session.cookies, cookie ?? '', now) || !isLive(session, now, idleMs)) return undefined;
      if (!staysAlive) return session;
      session.usedAt = Math.max(session.usedAt, now);
      // Not at every request: written each time, it would slow down the one that counts.
      if (now - (savedAt.get(session.id) ?? 0) > MINUTE) save(session);
      return session;
    },

    holdsToken: (session: SimulatedSession, token: string, now: Instant): boolean => holds(session.tokens, token, now),

    /** Issues a new token, and a new cookie if so wished; those before stay good for a while. */
    rotate(session: SimulatedSession, now: Instant, { withCookie, oldLifeMs }: Rotation): SimulatedSession {
      const renewed = (issued: readonly Issued[]) => [
        ...issued
          .filter(({ until }) => until === null || now < until)
          .map((one) => ({ ...one, until: one.until ?? now + oldLifeMs })),
        secret(session.email, now),
      ];
      session.tokens = renewed(session.tokens);
      if (withCookie) session.cookies = renewed(session.cookies);
      session.usedAt = Math.max(session.usedAt, now);
      return save(session);
    },

    end({ email, fingerprint }: Chosen): void {
      for (const session of sessions.values()) {
        if (email !== undefined && session.email !== email) continue;
        if (fingerprint !== undefined && session.fingerprint !== fingerprint) continue;
        session.ended = true;
        save(session);
      }
    },

    endOne(session: SimulatedSession): void {
      session.ended = true;
      save(session);
    },
  };
}

export type Sessions = ReturnType<typeof sessionBook>;

export const newest = (issued: readonly { readonly value: string }[]): string => issued.at(-1)?.value ?? '';
