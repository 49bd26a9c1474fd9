import type { Instant } from '../platform/clock.ts';
import { parseJson } from '../platform/json.ts';
import { BOX_LABEL } from '../platform/text.ts';
import { mergeCookies, SESSION_COOKIE } from './cookies.ts';
import type { AimHarderSession } from './requests.ts';
import type { Exchange } from './transport.ts';
import { AddressRefused, refusesAddress, UpstreamFailure } from './upstream-failure.ts';
import { LoginWire, Loose, RoleWire, readToken } from './wire.ts';

/** A box of a member: its subdomain, its number at AimHarder, and its name. */
export type Box = { readonly box: string; readonly boxId: string; readonly name: string };

export type LoginAnswer =
  | { readonly kind: 'logged-in'; readonly session: AimHarderSession; readonly boxes: readonly Box[] }
  | { readonly kind: 'wrong-password' }
  /** A wrong password or a locked account: the answer does not tell which. */
  | { readonly kind: 'refused' };

/**
 * Reads the answer to a JSON login (README, "The JSON login"). Only `authOK` and the session cookie together prove a login.
 *
 * @throws AddressRefused if AimHarder refuses our address.
 * @throws UpstreamFailure upstream-rejected for an answer of unknown form.
 */
export function decodeLogin(
  { status, body, setCookies, host }: Exchange,
  fingerprint: string,
  { now, cookieDomain }: { readonly now: Instant; readonly cookieDomain: string },
): LoginAnswer {
  if (refusesAddress(status)) throw new AddressRefused(status);
  const json = LoginWire.safeParse(parseJson(body));
  if ((status !== 200 && status !== 401) || !json.success) throw unknownAnswer(status);
  const { data, error } = json.data;
  if (error?.message === 'LOGIN_ERROR_LOGIN') return { kind: 'wrong-password' };
  if (isFalse(data?.auth?.authOK)) return { kind: 'refused' };
  const cookies = mergeCookies([], setCookies, now, { host, cookieDomain });
  const isLoggedIn =
    status === 200 && isTrue(data?.auth?.authOK) && cookies.some(({ name }) => name === SESSION_COOKIE);
  if (!isLoggedIn) throw unknownAnswer(status);
  const token = readToken(data?.auth?.refreshToken);
  if (token === undefined) throw unknownAnswer(status);
  return { kind: 'logged-in', session: { fingerprint, token, cookies }, boxes: boxesOfRoles(data?.userData?.roles) };
}

// AimHarder's flags may be booleans, numbers or texts.
const isTrue = (value: unknown): boolean => value === true || Loose.integer(value) === 1;

const isFalse = (value: unknown): boolean => value === false || Loose.integer(value) === 0;

/** Creates the failure for an answer of unknown form. */
function unknownAnswer(status: number): UpstreamFailure {
  const message = `AimHarder's login gave an unknown answer (status ${status}): it may have changed.`;
  return new UpstreamFailure('upstream-rejected', message, { mayHaveTakenEffect: true });
}

/** How many roles of a member are read at most; members have one or two. */
const MAX_ROLES = 100;

/** Reads the boxes from a member's roles. Leaves out a role that cannot be decoded or names no box. */
export function boxesOfRoles(roles: readonly unknown[] | null | undefined): readonly Box[] {
  const boxes = (roles ?? [])
    .slice(0, MAX_ROLES)
    .map(decodeRole)
    .filter((box) => box !== undefined);
  return boxes.filter(({ box }, index) => boxes.findIndex((other) => other.box === box) === index);
}

/** Subdomains of AimHarder's own hosts. They never count as boxes, because a request to a box carries the member's cookies. */
const OWN_SUBDOMAINS = new Set(['www', 'login']);

function decodeRole(value: unknown): Box | undefined {
  const role = RoleWire.safeParse(value);
  if (!role.success) return undefined;
  const url = Loose.text(role.data.centre_url)?.trim().toLowerCase() ?? '';
  const host = url.replace(/^https?:\/\//, '');
  const box = /^[^./:]+/.exec(host)?.[0] ?? '';
  const boxId = Loose.id(role.data.boid);
  if (!BOX_LABEL.test(box) || OWN_SUBDOMAINS.has(box) || boxId === null) return undefined;
  return { box, boxId, name: Loose.text(role.data.gym)?.trim() ?? box };
}
