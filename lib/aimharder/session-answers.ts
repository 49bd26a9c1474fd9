import { parseJson } from '../platform/json.ts';
import { failureOfStatus, hasLogout, notUnderstood, readJson } from './answer.ts';
import { type Box, boxesOfRoles } from './login.ts';
import type { Exchange } from './transport.ts';
import { isLogout, Loose, readToken, TokenUpdateWire, WhoAmIWire } from './wire.ts';

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
 * Reads the answer to tokenUpdate (README, "tokenUpdate").
 *
 * @throws AddressRefused if AimHarder refuses our address; UpstreamFailure upstream-rejected for any other unknown answer.
 */
export function readTokenUpdate({ status, body }: Exchange): TokenUpdate {
  const update = TokenUpdateWire.safeParse(parseJson(body));
  if ((status === 200 || status === 401) && update.success && isLogout(update.data.logout))
    return { kind: 'logged-out' };
  const isPage = status === 200 && /^\s*</.test(body);
  if (isPathGone(status) || isPage) return { kind: 'unrenewed' };
  if (status !== 200) throw failureOfStatus(status);
  const token = update.success && readToken(update.data.newToken);
  if (!token) throw notUnderstood('no newToken');
  return { kind: 'updated', token };
}

/**
 * Checks whether AimHarder no longer has the requested path. A redirect leads to a page, so it counts as gone. A bare 401 counts
 * as gone too, because it does not prove a dead session (README, "Proof of a session").
 */
const isPathGone = (status: number): boolean =>
  status === 401 || status === 404 || status === 405 || status === 410 || (status >= 300 && status < 400);

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
