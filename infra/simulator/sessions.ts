import * as z from 'zod/mini';
import { DAY, type Instant, MINUTE, SECOND } from '../../lib/platform/clock.ts';
import { buildMember } from './members.ts';
import { drawHex, type Random } from './random.ts';
import type { Store } from './sqlite-store.ts';

/** A cookie or a token. AimHarder accepts it until the instant `until`, or, if that is null, as long as its session lives. */
const IssuedValue = z.readonly(z.object({ value: z.string(), until: z.nullable(z.number()) }));
type IssuedValue = z.infer<typeof IssuedValue>;

/** A session at AimHarder. Its cookies and tokens are listed from the oldest to the newest. */
const SimulatedSession = z.object({
  id: z.string(),
  email: z.string(),
  fingerprint: z.string(),
  cookies: z.readonly(z.array(IssuedValue)),
  tokens: z.readonly(z.array(IssuedValue)),
  usedAt: z.number(),
  ended: z.boolean(),
});
export type SimulatedSession = z.infer<typeof SimulatedSession>;

/**
 * The lifetime that tokens and cookies state, in milliseconds. A session that is not used ends much earlier
 * (lib/aimharder/README.md, "Tokens", "How long a session lives").
 */
const STATED_LIFE = 90 * DAY;

/**
 * @property idleMs how long a session may be unused before it ends, in milliseconds.
 * @property keepsAlive whether this use keeps the session alive.
 */
type UseOptions = { readonly idleMs: number; readonly keepsAlive: boolean };

/** @property oldLifeMs how long earlier tokens and cookies are still accepted, in milliseconds. */
type RotationOptions = { readonly replacesCookie: boolean; readonly oldLifeMs: number };

/** Selects sessions; an absent field matches all. */
export type SessionFilter = { readonly email?: string | undefined; readonly fingerprint?: string | undefined };

const isAccepted = (issued: readonly IssuedValue[], value: string, now: Instant): boolean =>
  issued.some((known) => known.value === value && (known.until === null || now < known.until));

/** Stores the sessions of all members. */
export class Sessions {
  readonly #store: Store;
  readonly #random: Random;
  readonly #byId = new Map<string, SimulatedSession>();
  /** Sessions by their cookies. */
  readonly #byCookie = new Map<string, SimulatedSession>();
  /** The last saved `usedAt` of each session, by the session's id. */
  readonly #savedAt = new Map<string, Instant>();

  constructor(store: Store, random: Random) {
    this.#store = store;
    this.#random = random;
    for (const value of store.all('session')) this.#index(SimulatedSession.parse(value));
  }

  /** Creates a session with its first cookie and token. */
  open(email: string, fingerprint: string, now: Instant): SimulatedSession {
    const cookies = [this.#issue(email, now)];
    const id = drawHex(this.#random, 16);
    const tokens = [this.#issue(email, now)];
    return this.#save({ id, email, fingerprint, cookies, tokens, usedAt: now, ended: false });
  }

  /** Finds the live session of a cookie, and records the use if it keeps the session alive. */
  use(cookie: string | undefined, now: Instant, { idleMs, keepsAlive }: UseOptions): SimulatedSession | undefined {
    const session = this.#byCookie.get(cookie ?? '');
    if (!session || session.ended || now - session.usedAt >= idleMs) return undefined;
    if (!isAccepted(session.cookies, cookie ?? '', now)) return undefined;
    if (!keepsAlive) return session;
    session.usedAt = Math.max(session.usedAt, now);
    // Uses are saved at most once a minute: more writes would delay bookings, and tests measure when bookings arrive.
    if (now - (this.#savedAt.get(session.id) ?? 0) > MINUTE) this.#save(session);
    return session;
  }

  acceptsToken(session: SimulatedSession, token: string, now: Instant): boolean {
    return isAccepted(session.tokens, token, now);
  }

  /** Issues a new token, and a new cookie if `replacesCookie`. Earlier ones are still accepted for `oldLifeMs` milliseconds. */
  rotate(session: SimulatedSession, now: Instant, { replacesCookie, oldLifeMs }: RotationOptions): SimulatedSession {
    /** Leaves out expired values, ends the others after `oldLifeMs`, and adds a new value. */
    const addNewest = (issued: readonly IssuedValue[]) => [
      ...issued
        .filter(({ until }) => until === null || now < until)
        .map(({ value, until }) => ({ value, until: until ?? now + oldLifeMs })),
      this.#issue(session.email, now),
    ];
    session.tokens = addNewest(session.tokens);
    if (replacesCookie) this.#replaceCookies(session, addNewest(session.cookies));
    session.usedAt = Math.max(session.usedAt, now);
    return this.#save(session);
  }

  /** Ends all sessions that match a filter. */
  end({ email, fingerprint }: SessionFilter): void {
    for (const session of this.#byId.values()) {
      if (email !== undefined && session.email !== email) continue;
      if (fingerprint !== undefined && session.fingerprint !== fingerprint) continue;
      this.endOne(session);
    }
  }

  endOne(session: SimulatedSession): void {
    session.ended = true;
    this.#save(session);
  }

  #issue(email: string, now: Instant): IssuedValue {
    const expiry = Math.floor((now + STATED_LIFE) / SECOND);
    return { value: `${buildMember(email).id}|${expiry}|${drawHex(this.#random, 32)}`, until: null };
  }

  #replaceCookies(session: SimulatedSession, cookies: readonly IssuedValue[]): void {
    for (const { value } of session.cookies) this.#byCookie.delete(value);
    session.cookies = cookies;
  }

  #index(session: SimulatedSession): void {
    this.#byId.set(session.id, session);
    for (const { value } of session.cookies) this.#byCookie.set(value, session);
  }

  #save(session: SimulatedSession): SimulatedSession {
    this.#index(session);
    this.#savedAt.set(session.id, session.usedAt);
    this.#store.put('session', session.id, session);
    return session;
  }
}

/** Returns the newest of the cookies or tokens that were issued; '' if there is none. */
export const newest = (issued: readonly { readonly value: string }[]): string => issued.at(-1)?.value ?? '';
