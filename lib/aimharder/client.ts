import type { Clock, Instant } from '../platform/clock.ts';
import { type BookingAnswer, decodeBooking } from './booking-answer.ts';
import type { Connection } from './connection.ts';
import { mergeCookies, SESSION_COOKIE } from './cookies.ts';
import { decodeListing, type ListedClass } from './listing.ts';
import { type Box, decodeLogin, decodeRoles, type LoginAnswer } from './login.ts';
import { type Origins, parentDomainOf } from './origins.ts';
import {
  type AimHarderSession,
  type BookRequest,
  bookRequest,
  type CancelRequest,
  cancelRequest,
  listingRequest,
  loginRequest,
  setRefreshRequest,
  type TimetableQuery,
  tokenUpdateRequest,
  whoAmIRequest,
} from './requests.ts';
import { type Exchange, type Prepared, transport, UpstreamFailure } from './transport.ts';
import { CancelWire, isLogout, jsonIn, Loose, TokenUpdateWire, WhoAmIWire } from './wire.ts';

export type { AdvanceRule, BookingAnswer } from './booking-answer.ts';

export { type ListedClass, matchClass, sameSlot } from './listing.ts';

export type { Box } from './login.ts';

export type { AimHarderSession } from './requests.ts';

export { UpstreamFailure } from './transport.ts';

export type TokenAnswer =
  | { readonly kind: 'updated'; readonly session: AimHarderSession }
  | { readonly kind: 'logged-out' }
  /**
   * Nothing was renewed, and only whoami tells whether the session lives: AimHarder no longer has `tokenUpdate`, answers it
   * with a bare 401 (never captured), or gave no refresh token at the login (README, "tokenUpdate", "Tokens").
   */
  | { readonly kind: 'unrenewed' };

export type WhoAmI =
  | { readonly kind: 'member'; readonly session: AimHarderSession; readonly boxes: readonly Box[] }
  | { readonly kind: 'nobody' };

/** AimHarder has refused a session: it said `logout:1`, or 401 to a booking or a cancellation. */
export class LoggedOut extends UpstreamFailure {
  constructor() {
    super('upstream-rejected', 'AimHarder has ended the session.', { mayHaveBeenSent: true });
  }
}

/**
 * AimHarder's member-facing HTTP (see README): every answer decoded by a schema, every request with a deadline, none
 * sent twice. Methods throw `UpstreamFailure` when there was no usable answer.
 */
export type AimHarder = ReturnType<typeof aimHarderClient>;

/** @param connections the most that are open at once to one host. */
export function aimHarderClient({
  origins,
  clock,
  connections = 50,
}: {
  readonly origins: Origins;
  readonly clock: Clock;
  readonly connections?: number | undefined;
}) {
  const wire = transport(clock, connections);
  let asking = 0;
  const ask = (request: Prepared, signal: AbortSignal): Promise<Exchange> => {
    const answer = wire.exchange(request, signal);
    asking += 1;
    return answer.finally(() => {
      asking -= 1;
    });
  };
  const parent = parentDomainOf(origins);
  const merged = (session: AimHarderSession, { setCookies, host }: Exchange): AimHarderSession => ({
    ...session,
    cookies: mergeCookies(session.cookies, setCookies, clock.now(), { host, parent }),
  });

  return {
    /** @throws UpstreamFailure upstream-rejected also when the login no longer works as it is known to. */
    async login(
      credentials: { readonly email: string; readonly password: string; readonly fingerprint: string },
      signal: AbortSignal,
    ): Promise<LoginAnswer> {
      const answer = await ask(loginRequest(origins, credentials), signal);
      return decodeLogin(answer, credentials.fingerprint, { now: clock.now(), parent });
    },

    /**
     * Optional since the JSON login: six clients never call it (README, "setrefresh"). A token that it shows is newer.
     *
     * @throws UpstreamFailure also when the answer would end the session: a good login is not lost to what is optional.
     */
    async setRefresh(session: AimHarderSession, signal: AbortSignal): Promise<AimHarderSession> {
      const answer = await ask(setRefreshRequest(origins, session), signal);
      refuseStatus(answer);
      const fresh = merged(session, answer);
      if (hasSessionCookie(session) && !hasSessionCookie(fresh)) throw rejected('setrefresh ends the session');
      const shown = /localStorage\.setItem\(\s*["']refreshToken["']\s*,\s*["']([^"']+)["']/.exec(answer.body)?.[1];
      return { ...fresh, token: shown !== undefined && TOKEN.test(shown) ? shown : session.token };
    },

    async updateToken(session: AimHarderSession, signal: AbortSignal): Promise<TokenAnswer> {
      if (session.token === '') return { kind: 'unrenewed' };
      const answer = await ask(tokenUpdateRequest(origins, session), signal);
      const { status, body } = answer;
      const update = TokenUpdateWire.safeParse(jsonIn(body));
      if ((status === 200 || status === 401) && update.success && isLogout(update.data.logout))
        return { kind: 'logged-out' };
      if (isGone(status) || (status === 200 && /^\s*</.test(body))) return { kind: 'unrenewed' };
      if (status !== 200) throw rejected(`status ${status}`);
      const token = update.success ? Loose.text(update.data.newToken) : null;
      if (token === null) throw rejected('no newToken');
      return { kind: 'updated', session: { ...merged(session, answer), token } };
    },

    /** The only cheap proof of a session that changes nothing. A bare 401 is none: a front end that is down may say it to all. */
    async whoAmI(session: AimHarderSession, signal: AbortSignal): Promise<WhoAmI> {
      const answer = await ask(whoAmIRequest(origins, session), signal);
      if (answer.status === 401 && saysLogout(jsonIn(answer.body))) return { kind: 'nobody' };
      const json = jsonOf(answer);
      if (saysLogout(json)) return { kind: 'nobody' };
      const who = WhoAmIWire.safeParse(json);
      if (!who.success) throw rejected('whoami has another form');
      const [member] = who.data.data;
      if (!member) return { kind: 'nobody' };
      if (Loose.id(member.id) === null) throw rejected('whoami names nobody');
      return { kind: 'member', session: merged(session, answer), boxes: decodeRoles(member.roles) };
    },

    /** A day's classes. @throws LoggedOut. */
    async listClasses(
      session: AimHarderSession | undefined,
      query: TimetableQuery,
      signal: AbortSignal,
    ): Promise<readonly ListedClass[]> {
      return listingIn(await ask(listingRequest(origins, session, query), signal));
    },

    /** One request; an answer that was lost is a value, because what follows depends on it. */
    book: (session: AimHarderSession, order: BookRequest, signal: AbortSignal): Promise<BookingAnswer> =>
      bookingOf(ask(bookRequest(origins, session, order), signal)).then(({ answer }) => answer),

    async cancel(
      session: AimHarderSession,
      order: CancelRequest,
      signal: AbortSignal,
    ): Promise<'cancelled' | 'late' | 'refused' | 'logged-out'> {
      const answer = await ask(cancelRequest(origins, session, order), signal);
      if (answer.status === 401) return 'logged-out';
      const cancellation = CancelWire.safeParse(jsonOf(answer));
      if (cancellation.success && isLogout(cancellation.data.logout)) return 'logged-out';
      const meaning = cancellation.success
        ? CANCEL_STATES.get(Loose.integer(cancellation.data.cancelState))
        : undefined;
      if (!meaning) throw rejected('cancelState is not known');
      return meaning;
    },

    /** Closes the connections that were kept open; none while somebody is waiting for an answer. Others open when needed. */
    close(): void {
      if (asking === 0) wire.close();
    },
  };
}

function listingIn(answer: Exchange): readonly ListedClass[] {
  refuseStatus(answer);
  const listing = decodeListing(answer.body);
  if (listing === 'logged-out') throw new LoggedOut();
  if (!listing) throw rejected('the timetable has another form');
  return listing;
}

/** `<user id>|<expiry>|<hex digits>`, as far as any client relies on it (README, "Tokens"). */
const TOKEN = /^\d+\|\d+\|[0-9a-z]+$/i;

const hasSessionCookie = ({ cookies }: AimHarderSession): boolean =>
  cookies.some(({ name }) => name === SESSION_COOKIE);

/**
 * A bare 401 is no sign of a dead session (README, "Proof of a session"), and no page is moved without being gone from
 * its place.
 */
const isGone = (status: number): boolean =>
  status === 401 || status === 404 || status === 405 || status === 410 || (status >= 300 && status < 400);

const CANCEL_STATES = new Map<number | null, 'cancelled' | 'late' | 'refused'>([
  [1, 'cancelled'],
  [2, 'late'],
  [3, 'refused'],
]);

/** A booking request that was sent, and what came of it. */
export type Shot = { readonly answer: BookingAnswer; readonly sentAt: Instant };

/** A day's classes, asked for over a connection of one's own. @throws UpstreamFailure, LoggedOut. */
export async function listOver(
  connection: Connection,
  session: AimHarderSession,
  query: TimetableQuery,
  signal: AbortSignal,
): Promise<readonly ListedClass[]> {
  return listingIn(await connection.build(listingRequest(connection.origins, session, query)).send(signal));
}

/** Builds a booking request beforehand, so that at the instant nothing is left to do but to write it. */
export function prepareShot(connection: Connection, clock: Clock, session: AimHarderSession, order: BookRequest) {
  const built = connection.build(bookRequest(connection.origins, session, order));
  return {
    /** Whether its connection was lost meanwhile: then it goes over another one, which nobody has measured. */
    lost: () => built.lost(),
    async fire(signal: AbortSignal): Promise<Shot> {
      const firedAt = clock.monotonic();
      const { answer, sentAt } = await bookingOf(built.send(signal));
      return { answer, sentAt: sentAt ?? firedAt };
    },
  };
}

async function bookingOf(sent: Promise<Exchange>): Promise<{ answer: BookingAnswer; sentAt?: Instant }> {
  try {
    const exchange = await sent;
    return { answer: bookingIn(exchange), sentAt: exchange.sentAt };
  } catch (error) {
    if (error instanceof UpstreamFailure) return { answer: { kind: 'unanswered', failure: error } };
    throw error;
  }
}

function bookingIn({ status, body }: Exchange): BookingAnswer {
  if (status === 401) return { kind: 'logged-out', code: '401', message: null };
  const atTheBalancer = BALANCER_FAILURES.get(status);
  if (atTheBalancer) return { kind: 'unanswered', failure: atTheBalancer() };
  const answer = status === 200 ? decodeBooking(jsonIn(body)) : undefined;
  return answer ?? { kind: 'unanswered', failure: rejected(status === 200 ? 'no booking answer' : `status ${status}`) };
}

/** What a balancer answers for a server that has not answered it: that one may still be at work. */
const BALANCER_FAILURES = new Map([
  [502, () => new UpstreamFailure('upstream-unreachable', 'AimHarder gave no answer (status 502).', SENT)],
  [504, () => new UpstreamFailure('upstream-timeout', 'AimHarder gave no answer in time (status 504).', SENT)],
]);

const SENT = { mayHaveBeenSent: true };

/** @throws UpstreamFailure unless it is 200 with JSON. */
function jsonOf(exchange: Exchange): unknown {
  refuseStatus(exchange);
  const json = jsonIn(exchange.body);
  if (json === undefined) throw rejected('no JSON');
  return json;
}

const saysLogout = (json: unknown): boolean =>
  typeof json === 'object' && json !== null && 'logout' in json && isLogout(json.logout);

function refuseStatus({ status }: Exchange): void {
  if (status !== 200) throw rejected(`status ${status}`);
}

function rejected(what: string): UpstreamFailure {
  return new UpstreamFailure('upstream-rejected', `AimHarder gave an answer that is not understood (${what}).`, {
    mayHaveBeenSent: true,
  });
}
