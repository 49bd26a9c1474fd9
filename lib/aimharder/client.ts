import type { Clock } from '../platform/clock.ts';
import { notUnderstood, requireOk } from './answer.ts';
import { type BookingAnswer, readBooking } from './booking-answer.ts';
import { type CancelAnswer, readCancellation } from './cancel-answer.ts';
import { mergeCookies, SESSION_COOKIE } from './cookies.ts';
import { type ListedClass, readListing } from './listing.ts';
import { type Box, decodeLogin, type LoginAnswer } from './login.ts';
import { cookieDomainOf, type Origins } from './origins.ts';
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
import { readShownToken, readTokenUpdate, readWhoAmI } from './session-answers.ts';
import { type Exchange, type PreparedRequest, type Transport, transport } from './transport.ts';

export { LoggedOut } from './answer.ts';

export { type AdvanceRule, type BookingAnswer, UNAUTHORIZED } from './booking-answer.ts';

export type { ListedClass } from './listing.ts';

export type { Box } from './login.ts';

export { listNextBookings, type NextBooking } from './next-bookings.ts';

export type { AimHarderSession } from './requests.ts';

export { type ResolvedClass, resolveClass } from './resolve-class.ts';

export { listOver, prepareShot, type Shot } from './shot.ts';

export { ANSWER_DEADLINE } from './transport.ts';

export { ADDRESS_REFUSED, AddressRefused, UpstreamFailure } from './upstream-failure.ts';

export type TokenAnswer =
  | { readonly kind: 'updated'; readonly session: AimHarderSession }
  | { readonly kind: 'logged-out' }
  /**
   * AimHarder renewed nothing, and only whoami tells whether the session is alive. Possible causes: AimHarder no longer has
   * `tokenUpdate`, has refused the request with an error or a bare 401 (never observed), or gave no refresh token at the login
   * (README, "tokenUpdate", "Tokens").
   */
  | { readonly kind: 'unrenewed' };

export type WhoAmI =
  | { readonly kind: 'member'; readonly session: AimHarderSession; readonly boxes: readonly Box[] }
  /** The session is dead. */
  | { readonly kind: 'nobody' };

type Options = {
  readonly origins: Origins;
  readonly clock: Clock;
  /** How many connections may be open at once to one host; 50 by default. */
  readonly connections?: number | undefined;
};

/**
 * Calls AimHarder on behalf of a member (README). A schema decodes every answer, and every request has a deadline of 8 s. A
 * request is sent once; only a read that met a dead connection is sent again (`transport`).
 *
 * @throws UpstreamFailure from every method except `book`, if there was no usable answer.
 */
export class AimHarder {
  readonly #origins: Origins;
  readonly #clock: Clock;
  readonly #transport: Transport;
  /** The domain of the sessions' cookies. */
  readonly #cookieDomain: string;
  /** How many requests wait for their answers. */
  #waiting = 0;

  constructor({ origins, clock, connections = 50 }: Options) {
    this.#origins = origins;
    this.#clock = clock;
    this.#transport = transport(clock, connections);
    this.#cookieDomain = cookieDomainOf(origins);
  }

  /** Logs in. @throws UpstreamFailure upstream-rejected also if AimHarder has changed its login. */
  async login(
    credentials: { readonly email: string; readonly password: string; readonly fingerprint: string },
    signal: AbortSignal,
  ): Promise<LoginAnswer> {
    const answer = await this.#send(loginRequest(this.#origins, credentials), signal);
    return decodeLogin(answer, credentials.fingerprint, { now: this.#clock.now(), cookieDomain: this.#cookieDomain });
  }

  /**
   * Calls setrefresh, whose page may show a newer token. The call is optional: at least six clients of the JSON login never make
   * it (README, "setrefresh").
   *
   * @returns the session with the token that the page shows, or with its own token if the page shows none.
   * @throws UpstreamFailure also if the answer would end the session, because an optional call must not undo a login.
   */
  async setRefresh(session: AimHarderSession, signal: AbortSignal): Promise<AimHarderSession> {
    const answer = await this.#send(setRefreshRequest(this.#origins, session), signal);
    requireOk(answer);
    const fresh = this.#withCookies(session, answer);
    if (hasSessionCookie(session) && !hasSessionCookie(fresh)) throw notUnderstood('setrefresh ends the session');
    return { ...fresh, token: readShownToken(answer) ?? session.token };
  }

  /** Gets the session's next refresh token. */
  async updateToken(session: AimHarderSession, signal: AbortSignal): Promise<TokenAnswer> {
    if (session.token === '') return { kind: 'unrenewed' };
    const answer = await this.#send(tokenUpdateRequest(this.#origins, session), signal);
    const update = readTokenUpdate(answer);
    if (update.kind !== 'updated') return update;
    return { kind: 'updated', session: { ...this.#withCookies(session, answer), token: update.token } };
  }

  /** Asks AimHarder whether a session is alive. No other known request proves this and changes nothing at AimHarder. */
  async whoAmI(session: AimHarderSession, signal: AbortSignal): Promise<WhoAmI> {
    const answer = await this.#send(whoAmIRequest(this.#origins, session), signal);
    const who = readWhoAmI(answer);
    return who.kind === 'nobody' ? who : { ...who, session: this.#withCookies(session, answer) };
  }

  /** Lists a day's classes; without a session, the member's own reservations are missing. @throws LoggedOut. */
  async listClasses(
    session: AimHarderSession | undefined,
    query: TimetableQuery,
    signal: AbortSignal,
  ): Promise<readonly ListedClass[]> {
    return readListing(await this.#send(listingRequest(this.#origins, session, query), signal));
  }

  /**
   * Sends a request and reads its answer. For requests that few functions need: the code for both is passed in, so that the
   * bundles of other functions do not contain it.
   *
   * @throws what `read` throws, besides UpstreamFailure.
   */
  async ask<Answer>(
    buildRequest: (origins: Origins) => PreparedRequest,
    read: (answer: Exchange) => Answer,
    signal: AbortSignal,
  ): Promise<Answer> {
    return read(await this.#send(buildRequest(this.#origins), signal));
  }

  /** Sends one booking request. Returns a lost answer as `unanswered`, because the caller has to find out what happened. */
  async book(session: AimHarderSession, request: BookRequest, signal: AbortSignal): Promise<BookingAnswer> {
    const { answer } = await readBooking(this.#send(bookRequest(this.#origins, session, request), signal));
    return answer;
  }

  async cancel(session: AimHarderSession, request: CancelRequest, signal: AbortSignal): Promise<CancelAnswer> {
    return readCancellation(await this.#send(cancelRequest(this.#origins, session, request), signal));
  }

  /** Closes all connections, unless a request waits for its answer. The next request opens a new one. */
  close(): void {
    if (this.#waiting === 0) this.#transport.close();
  }

  async #send(request: PreparedRequest, signal: AbortSignal): Promise<Exchange> {
    this.#waiting += 1;
    try {
      return await this.#transport.exchange(request, signal);
    } finally {
      this.#waiting -= 1;
    }
  }

  #withCookies(session: AimHarderSession, { setCookies, host }: Exchange): AimHarderSession {
    const source = { host, cookieDomain: this.#cookieDomain };
    return { ...session, cookies: mergeCookies(session.cookies, setCookies, this.#clock.now(), source) };
  }
}

const hasSessionCookie = ({ cookies }: AimHarderSession): boolean =>
  cookies.some(({ name }) => name === SESSION_COOKIE);
