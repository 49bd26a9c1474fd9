import { parseJson } from '../platform/json.ts';
import { failureOfStatus, hasLogout, notUnderstood, readJson } from './answer.ts';
import { type Box, boxesOfRoles } from './login.ts';
import type { Exchange } from './transport.ts';
import { refusesAddress } from './upstream-failure.ts';
import { Loose, readToken, TokenUpdateWire, WhoAmIWire } from './wire.ts';

/**
 * Matches `<user id>|<expiry>|<hex digits>`, the known form of a refresh token (README, "Tokens"). Any letters pass, because
 * no client is known to check the digits.
 */
const TOKEN = /^\d+\|\d+\|[0-9a-z]+$/i;

/** Reads the refresh token that setrefresh's page stores in the browser (README, "setrefresh"), if it shows one. */
export function readShownToken({ body }: Exchange): string | undefined {
  const shown = /localStorage\.setItem\(\s*["']refreshToken["']\s*,\s*["']([^"']+)["']/.exec(body)?.[1];
  return shown !== undefined && TOKEN.test(shown) ? readToken(shown) : undefined;
}

type TokenUpdate =
  | { readonly kind: 'updated'; readonly token: string }
  | { readonly kind: 'logged-out' }
  /** AimHarder renewed nothing, and only whoami tells whether the session lives. */
  | { readonly kind: 'unrenewed' };

/**
 * Reads the answer to tokenUpdate (README, "tokenUpdate"). A whole answer without a token, such as an error in JSON, is `unrenewed`:
 * it would come again at every refresh, and only whoami tells whether the session lives.
 *
 * @throws AddressRefused if AimHarder refuses our address; UpstreamFailure upstream-rejected for an answer with a status of 500 or
 *   more, for half an answer, and for a token that is too long.
 */
export function readTokenUpdate({ status, body }: Exchange): TokenUpdate {
  const json = parseJson(body);
  if ((status === 200 || status === 401) && hasLogout(json)) return { kind: 'logged-out' };
  if (isRequestRefused(status)) return { kind: 'unrenewed' };
  if (status !== 200) throw failureOfStatus(status);
  const isPage = /^\s*</.test(body);
  if (json === undefined && !isPage) throw notUnderstood('neither JSON nor a page');
  const token = readToken(TokenUpdateWire.safeParse(json).data?.newToken);
  if (token === undefined) throw notUnderstood('newToken is too long');
  return token === '' ? { kind: 'unrenewed' } : { kind: 'updated', token };
}

/**
 * Checks whether AimHarder refuses the request itself, such as for a path that it no longer has. A redirect leads to a page, so it
 * counts as a refusal. So does a bare 401, because it does not prove a dead session (README, "Proof of a session"). A status that
 * refuses our address says nothing of the request. (The status 408 never comes here: `transport` takes it for no answer.)
 */
const isRequestRefused = (status: number): boolean => status >= 300 && status < 500 && !refusesAddress(status);

/**
 * Reads the answer to whoami (README, "Proof of a session"). A bare 401 proves nothing: a failing front end may send it for
 * every session.
 *
 * @throws UpstreamFailure upstream-rejected for an answer that proves neither a live session nor a dead one.
 */
export function readWhoAmI(
  answer: Exchange,
): { readonly kind: 'member'; readonly boxes: readonly Box[] } | { readonly kind: 'nobody' } {
  if (answer.status === 401 && hasLogout(parseJson(answer.body))) return { kind: 'nobody' };
  const json = readJson(answer);
  if (hasLogout(json)) return { kind: 'nobody' };
  const who = WhoAmIWire.safeParse(json);
  if (!who.success) throw notUnderstood('whoami has another form');
  const [member] = who.data.data;
  if (!member) return { kind: 'nobody' };
  if (Loose.id(member.id) === null) throw notUnderstood('whoami names nobody');
  return { kind: 'member', boxes: boxesOfRoles(member.roles) };
}
