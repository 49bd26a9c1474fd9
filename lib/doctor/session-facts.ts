import { parseSetCookie } from 'set-cookie-parser';
import { mergeCookies } from '../aimharder/cookies.ts';
import type { Box } from '../aimharder/login.ts';
import { boxesOfRoles } from '../aimharder/login.ts';
import { cookieDomainOf, type Origins } from '../aimharder/origins.ts';
import { type AimHarderSession, setRefreshRequest, tokenUpdateRequest, whoAmIRequest } from '../aimharder/requests.ts';
import { isLogout } from '../aimharder/wire.ts';
import type { Instant } from '../platform/clock.ts';
import { type Ask, type DoctorAnswer, describeForm, isOutage, REFUSABLE, redactName, toFields } from './ask.ts';
import { defineFact, type Finding } from './finding.ts';

export const SESSION_FACTS = {
  whoami: defineFact('whoami', 'The service cannot recognise a dead session. See whoAmI in lib/aimharder/client.ts.'),
  stranger: defineFact('whoami without a session', 'The service may mistake a dead session for a live one.'),
  roles: defineFact(
    'roles and boxes',
    'Members would see no box, or the wrong one. See boxesOfRoles in lib/aimharder/login.ts.',
  ),
  setrefresh: defineFact('setrefresh', 'Nothing changes for this service, which does not need setrefresh.'),
  tokenUpdate: defineFact(
    'tokenUpdate',
    'The service keeps sessions alive with whoami instead, which works only if AimHarder keeps a session that is used.',
  ),
  oldToken: defineFact('older token', 'A refresh whose answer is lost would end the session.'),
  invalidToken: defineFact('tokenUpdate with a dead token', 'A dead session may not be noticed.'),
  coexist: defineFact(
    'second login, same fingerprint',
    'A login that replaces a background session may end the old one before the new one is stored.',
  ),
};

/**
 * Checks whoami with the session and without it.
 *
 * @param rolesAtLogin the roles of the login, used if whoami shows none.
 * @returns the findings, and the member's boxes.
 */
export async function checkWhoAmI(ask: Ask, origins: Origins, session: AimHarderSession, rolesAtLogin: unknown) {
  const answer = await ask(whoAmIRequest(origins, session));
  const strangerAnswer = await ask(whoAmIRequest(origins, { ...session, cookies: [] }), REFUSABLE);
  const [member] = dataOf(answer) ?? [];
  const roles = toFields(member)['roles'] ?? rolesAtLogin;
  const boxes = boxesOfRoles(Array.isArray(roles) ? roles : []);
  return { findings: [memberFinding(answer), strangerFinding(strangerAnswer), rolesFinding(roles, boxes)], boxes };
}

/** Returns the list of members in the answer of whoami: one member, or none without a live session. */
const dataOf = (answer: DoctorAnswer): readonly unknown[] | undefined => {
  const data = 'failed' in answer ? undefined : toFields(answer.json)['data'];
  return Array.isArray(data) ? data : undefined;
};

function memberFinding(answer: DoctorAnswer): Finding {
  if (isOutage(answer)) return SESSION_FACTS.whoami.unknown(describeForm(answer));
  const data = dataOf(answer);
  if (!data) return SESSION_FACTS.whoami.changed(`no data: ${describeForm(answer)}`);
  const { id } = toFields(data[0]);
  if (data.length === 0) return SESSION_FACTS.whoami.changed('knows nobody right after a login');
  return id === undefined
    ? SESSION_FACTS.whoami.changed('names the member without an id')
    : SESSION_FACTS.whoami.ok('names the member');
}

function strangerFinding(answer: DoctorAnswer): Finding {
  if (isOutage(answer)) return SESSION_FACTS.stranger.unknown(describeForm(answer));
  const namesNobody = dataOf(answer)?.length === 0 || (!('failed' in answer) && answer.status === 401);
  return namesNobody ? SESSION_FACTS.stranger.ok('names nobody') : SESSION_FACTS.stranger.changed(describeForm(answer));
}

function rolesFinding(roles: unknown, boxes: readonly Box[]): Finding {
  if (!Array.isArray(roles)) return SESSION_FACTS.roles.changed('there are no roles');
  const found = `${boxes.length} of ${roles.length} roles name a box with subdomain and id`;
  return boxes.length > 0 ? SESSION_FACTS.roles.ok(found) : SESSION_FACTS.roles.changed(found);
}

/** A token of AimHarder's form, `<user id>|<expiry>|<32 hex digits>`, that has expired in 1970. */
const INVALID_TOKEN = `1|1|${'0'.repeat(32)}`;

/**
 * Checks setrefresh, tokenUpdate, the older token and an invalid token. The invalid token comes last, because it may end the
 * session. If tokenUpdate gives no new token, the last two checks are left out.
 */
export async function checkRenewals(ask: Ask, origins: Origins, session: AimHarderSession, now: Instant) {
  const setRefreshAnswer = await ask(setRefreshRequest(origins, session));
  const answer = await ask(tokenUpdateRequest(origins, session));
  const findings = [setRefreshFinding(setRefreshAnswer), tokenUpdateFinding(answer, session)];
  if ('failed' in answer || newTokenOf(answer) === undefined) return findings;
  const source = { host: answer.host, cookieDomain: cookieDomainOf(origins) };
  const cookies = mergeCookies(session.cookies, answer.setCookies, now, source);
  const oldTokenAnswer = await ask(tokenUpdateRequest(origins, { ...session, cookies }), REFUSABLE);
  const invalidTokenAnswer = await ask(
    tokenUpdateRequest(origins, { ...session, cookies, token: INVALID_TOKEN }),
    REFUSABLE,
  );
  return [...findings, oldTokenFinding(oldTokenAnswer), invalidTokenFinding(invalidTokenAnswer)];
}

function setRefreshFinding(answer: DoctorAnswer): Finding {
  if ('failed' in answer || isOutage(answer)) return SESSION_FACTS.setrefresh.unknown(describeForm(answer));
  const storesToken = /localStorage\.setItem\(\s*["']refreshToken/.test(answer.body);
  return storesToken
    ? SESSION_FACTS.setrefresh.ok('hands the token to the page')
    : SESSION_FACTS.setrefresh.changed(`hands out no token: ${describeForm(answer)}`);
}

function newTokenOf(answer: DoctorAnswer): string | undefined {
  const token = 'failed' in answer ? undefined : toFields(answer.json)['newToken'];
  return typeof token === 'string' && token !== '' ? token : undefined;
}

const saysLogout = (answer: DoctorAnswer): boolean =>
  !('failed' in answer) && isLogout(toFields(answer.json)['logout']);

function tokenUpdateFinding(answer: DoctorAnswer, { token }: AimHarderSession): Finding {
  if ('failed' in answer || isOutage(answer)) return SESSION_FACTS.tokenUpdate.unknown(describeForm(answer));
  const newToken = newTokenOf(answer);
  if (saysLogout(answer)) return SESSION_FACTS.tokenUpdate.changed('refuses the token of a fresh login');
  if (newToken === undefined) return SESSION_FACTS.tokenUpdate.changed(`is gone: ${describeForm(answer)}`);
  const names = parseSetCookie([...answer.setCookies]).map(({ name }) => redactName(name));
  const cookies = names.length > 0 ? `sets ${names.join(', ')}` : 'sets no cookie';
  return SESSION_FACTS.tokenUpdate.ok(
    `${newToken === token ? 'gives the same token' : 'gives a new token'}, ${cookies}`,
  );
}

function oldTokenFinding(answer: DoctorAnswer): Finding {
  if (saysLogout(answer)) return SESSION_FACTS.oldToken.changed('is refused as soon as there is a newer one');
  return newTokenOf(answer)
    ? SESSION_FACTS.oldToken.ok('is still accepted after a newer one was issued')
    : SESSION_FACTS.oldToken.unknown(describeForm(answer));
}

function invalidTokenFinding(answer: DoctorAnswer): Finding {
  if (saysLogout(answer)) return SESSION_FACTS.invalidToken.ok('is answered with logout:1');
  return isOutage(answer)
    ? SESSION_FACTS.invalidToken.unknown(describeForm(answer))
    : SESSION_FACTS.invalidToken.changed(describeForm(answer));
}

/** Checks whether the first of two sessions with one fingerprint is still alive after the second login. */
export async function checkCoexistence(ask: Ask, origins: Origins, first: AimHarderSession): Promise<Finding> {
  const answer = await ask(whoAmIRequest(origins, first));
  const data = dataOf(answer);
  if (isOutage(answer) || !data) return SESSION_FACTS.coexist.unknown(describeForm(answer));
  return data.length > 0
    ? SESSION_FACTS.coexist.ok('both sessions live')
    : SESSION_FACTS.coexist.changed('ends the first session');
}
