import { type Cookie, cookieHeader } from './cookies.ts';
import { boxUrl, type Origins, urlAt } from './origins.ts';
import type { PreparedRequest } from './transport.ts';

/** The credentials of a session at AimHarder: the fingerprint of its login, its refresh token and its cookies. */
export type AimHarderSession = {
  readonly fingerprint: string;
  readonly token: string;
  readonly cookies: readonly Cookie[];
};

/** Names the box and the day of a timetable. */
export type TimetableQuery = {
  readonly box: string;
  readonly boxId: string;
  /** `YYYY-MM-DD`. */
  readonly day: string;
  readonly familyId?: string | undefined;
};

export type BookRequest = {
  readonly box: string;
  /** `YYYY-MM-DD`. */
  readonly day: string;
  readonly classId: string;
  readonly familyId?: string | undefined;
  /** Asks for a place on the waitlist if there is no seat (README, "insist"). */
  readonly acceptWaitlist?: boolean;
};

export type CancelRequest = {
  readonly box: string;
  readonly bookingId: string;
  /** Whether to cancel even if the cancellation costs the credit. */
  readonly late: boolean;
  readonly familyId?: string | undefined;
};

const COMMON_HEADERS = {
  accept: 'application/json, text/javascript, */*; q=0.01',
  'user-agent': 'Mozilla/5.0 (compatible; OnTheDot/1.0)',
};

/** Formats a day as AimHarder does, `YYYYMMDD`. @param day `YYYY-MM-DD`. */
const formatDay = (day: string): string => day.replaceAll('-', '');

function buildForm(url: URL, session: AimHarderSession, fields: Readonly<Record<string, string>>): PreparedRequest {
  const body = new URLSearchParams(fields).toString();
  return {
    url,
    method: 'POST',
    headers: {
      ...COMMON_HEADERS,
      'content-type': 'application/x-www-form-urlencoded; charset=UTF-8',
      'content-length': String(Buffer.byteLength(body)),
      'x-requested-with': 'XMLHttpRequest',
      origin: url.origin,
      referer: `${url.origin}/`,
      cookie: cookieHeader(session.cookies),
    },
    body,
  };
}

function buildGet(url: URL, cookies: readonly Cookie[]): PreparedRequest {
  const cookie = cookieHeader(cookies);
  return {
    url,
    method: 'GET',
    headers: { ...COMMON_HEADERS, 'x-requested-with': 'XMLHttpRequest', ...(cookie && { cookie }) },
  };
}

/** Builds a request that may be sent twice, because it changes nothing at AimHarder. */
const buildRead = (url: URL, cookies: readonly Cookie[]): PreparedRequest => ({
  ...buildGet(url, cookies),
  repeatable: true,
});

/** Builds the JSON login, which AimHarder has required since spring 2026 (README, "The JSON login"). */
export function loginRequest(
  origins: Origins,
  login: { readonly email: string; readonly password: string; readonly fingerprint: string },
): PreparedRequest {
  const { email: username, password, fingerprint } = login;
  const body = JSON.stringify({ username, password, fingerprint, iniframe: 0 });
  const contentHeaders = { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) };
  const headers = { ...COMMON_HEADERS, ...contentHeaders };
  return { url: urlAt(origins.login, '/api/login'), method: 'POST', headers, body };
}

/** Builds the optional call that AimHarder's page makes after a login (README, "setrefresh"). */
export function setRefreshRequest(
  origins: Origins,
  { token, fingerprint, cookies }: AimHarderSession,
): PreparedRequest {
  const query = new URLSearchParams({ redirect: '', token, fingerprint });
  return buildGet(urlAt(origins.origin, `/setrefresh?${query}`), cookies);
}

/** Builds the request for a session's next token. `ciclo` is 1 in every captured request (README, "tokenUpdate"). */
export const tokenUpdateRequest = (origins: Origins, session: AimHarderSession): PreparedRequest =>
  buildForm(urlAt(origins.origin, '/api/tokenUpdate'), session, {
    token: session.token,
    ciclo: '1',
    fingerprint: session.fingerprint,
  });

/** Builds the request that tells whether a session is alive (README, "Proof of a session"). */
export const whoAmIRequest = (origins: Origins, { cookies }: AimHarderSession): PreparedRequest =>
  buildRead(urlAt(origins.origin, '/api/whoami'), cookies);

/** Builds a timetable request. Without a session, the answer lacks the member's own fields (README, "The public timetable"). */
export function listingRequest(
  origins: Origins,
  session: AimHarderSession | undefined,
  { box, boxId, day, familyId = '' }: TimetableQuery,
): PreparedRequest {
  const query = new URLSearchParams({ day: formatDay(day), familyId, box: boxId });
  return buildRead(boxUrl(origins, box, `/api/bookings?${query}`), session?.cookies ?? []);
}

/** Builds a request for the list of what the member has booked (README, "Next bookings"). */
export function nextBookingsRequest(
  origins: Origins,
  session: AimHarderSession,
  { box, boxId, familyId = '' }: Omit<TimetableQuery, 'day'>,
): PreparedRequest {
  const query = new URLSearchParams({ box: boxId, familyId });
  return buildRead(boxUrl(origins, box, `/api/nextBookings?${query}`), session.cookies);
}

/** Builds a booking request. Three other clients read `insist` 1 as accepting the waitlist, 0 as not (README, "insist"). */
export const bookRequest = (
  origins: Origins,
  session: AimHarderSession,
  { box, day, classId, familyId = '', acceptWaitlist = false }: BookRequest,
): PreparedRequest =>
  buildForm(boxUrl(origins, box, '/api/book'), session, {
    id: classId,
    day: formatDay(day),
    insist: acceptWaitlist ? '1' : '0',
    familyId,
  });

export const cancelRequest = (
  origins: Origins,
  session: AimHarderSession,
  { box, bookingId, late, familyId = '' }: CancelRequest,
): PreparedRequest =>
  buildForm(boxUrl(origins, box, '/api/cancelBook'), session, { id: bookingId, late: late ? '1' : '0', familyId });
