import { parseSetCookie } from 'set-cookie-parser';
import { mergeCookies } from '../../../lib/aimharder/cookies.ts';
import type { Box } from '../../../lib/aimharder/login.ts';
import { decodeRoles } from '../../../lib/aimharder/login.ts';
import { type Origins, parentDomainOf } from '../../../lib/aimharder/origins.ts';
import {
  type AimHarderSession,
  setRefreshRequest,
  tokenUpdateRequest,
  whoAmIRequest,
} from '../../../lib/aimharder/requests.ts';
import { isLogout } from '../../../lib/aimharder/wire.ts';
import type { Instant } from '../../../lib/platform/clock.ts';
import { type Ask, type DoctorAnswer, describeForm, isOutage, redactName, toFields } from './ask.ts';
import { type Finding, fact } from './finding.ts';

const FACTS = {
  whoami: fact('whoami', 'A live session cannot be told from a dead one. See whoAmI in lib/aimharder/client.ts.'),
  stranger: fact('whoami without a session', 'A dead session may be taken for a live one.'),
  roles: fact(
    'roles and boxes',
    'Members would see no box, or the wrong one. See decodeRoles in lib/aimharder/login.ts.',
  ),
  setrefresh: fact('setrefresh', 'Nothing: setrefresh is optional.'),
  tokenUpdate: fact('tokenUpdate', 'Sessions are kept alive by whoami instead, if use keeps them alive.'),
  oldToken: fact('older token', 'A refresh whose answer is lost would end the session.'),
  nonsense: fact('tokenUpdate with a dead token', 'A dead session may not be noticed.'),
  coexist: fact('second login, same fingerprint', 'A login may end the background session that it replaces.'),
};

/** Asks whoami with the session and without. @param rolesAtLogin the roles of the login, used if whoami shows none. */
export async function checkWhoAmI(ask: Ask, origins: Origins, session: AimHarderSession, rolesAtLogin: unknown) {
  const asked = await ask(whoAmIRequest(origins, session));
  const stranger = await ask(whoAmIRequest(origins, { ...session, cookies: [] }));
  const [member] = dataOf(asked) ?? [];
  const roles = toFields(member)['roles'] ?? rolesAtLogin;
  const boxes = decodeRoles(Array.isArray(roles) ? roles : []);
  return { findings: [memberFinding(asked), strangerFinding(stranger), rolesFinding(roles, boxes)], boxes };
}

const dataOf = (asked: DoctorAnswer): readonly unknown[] | undefined => {
  const data = 'failed' in asked ? undefined : toFields(asked.json)['data'];
  return Array.isArray(data) ? data : undefined;
};

function memberFinding(asked: DoctorAnswer): Finding {
  if (isOutage(asked)) return FACTS.whoami.unknown(describeForm(asked));
  const data = dataOf(asked);
  if (!data) return FACTS.whoami.changed(`no data: ${describeForm(asked)}`);
  const { id } = toFields(data[0]);
  if (data.length === 0) return FACTS.whoami.changed('knows nobody right after a login');
  return id === undefined
    ? FACTS.whoami.changed('names the member without an id')
    : FACTS.whoami.ok('names the member');
}

function strangerFinding(asked: DoctorAnswer): Finding {
  if (isOutage(asked)) return FACTS.stranger.unknown(describeForm(asked));
  const nobody = dataOf(asked)?.length === 0 || (!('failed' in asked) && asked.status === 401);
  return nobody ? FACTS.stranger.ok('names nobody') : FACTS.stranger.changed(describeForm(asked));
}

function rolesFinding(roles: unknown, boxes: readonly Box[]): Finding {
  if (!Array.isArray(roles)) return FACTS.roles.changed('there are no roles');
  const found = `${boxes.length} of ${roles.length} roles name a box with subdomain and id`;
  return boxes.length > 0 ? FACTS.roles.ok(found) : FACTS.roles.changed(found);
}

/** Tries setrefresh, tokenUpdate, the older token and an invalid token. The last may end the session, so it comes last. */
export async function checkRenewals(ask: Ask, origins: Origins, session: AimHarderSession, now: Instant) {
  const handed = await ask(setRefreshRequest(origins, session));
  const asked = await ask(tokenUpdateRequest(origins, session));
  const findings = [setRefreshFinding(handed), tokenUpdateFinding(asked, session)];
  if (newTokenIn(asked) === undefined) return findings;
  const source = { host: 'failed' in asked ? '' : asked.host, parent: parentDomainOf(origins) };
  const cookies = 'failed' in asked ? session.cookies : mergeCookies(session.cookies, asked.setCookies, now, source);
  const again = await ask(tokenUpdateRequest(origins, { ...session, cookies }));
  const dead = await ask(tokenUpdateRequest(origins, { ...session, cookies, token: `1|1|${'0'.repeat(32)}` }));
  return [...findings, oldTokenFinding(again), nonsenseFinding(dead)];
}

function setRefreshFinding(asked: DoctorAnswer): Finding {
  if ('failed' in asked || isOutage(asked)) return FACTS.setrefresh.unknown(describeForm(asked));
  const hands = /localStorage\.setItem\(\s*["']refreshToken/.test(asked.body);
  return hands
    ? FACTS.setrefresh.ok('hands the token to the page')
    : FACTS.setrefresh.changed(`hands out no token: ${describeForm(asked)}`);
}

function newTokenIn(asked: DoctorAnswer): string | undefined {
  const token = 'failed' in asked ? undefined : toFields(asked.json)['newToken'];
  return typeof token === 'string' && token !== '' ? token : undefined;
}

const saysLogout = (asked: DoctorAnswer): boolean => !('failed' in asked) && isLogout(toFields(asked.json)['logout']);

function tokenUpdateFinding(asked: DoctorAnswer, { token }: AimHarderSession): Finding {
  if ('failed' in asked || isOutage(asked)) return FACTS.tokenUpdate.unknown(describeForm(asked));
  const fresh = newTokenIn(asked);
  if (saysLogout(asked)) return FACTS.tokenUpdate.changed('refuses the token of a fresh login');
  if (fresh === undefined) return FACTS.tokenUpdate.changed(`is gone: ${describeForm(asked)}`);
  const names = parseSetCookie([...asked.setCookies]).map(({ name }) => redactName(name));
  const sets = names.length > 0 ? `sets ${names.join(', ')}` : 'sets no cookie';
  return FACTS.tokenUpdate.ok(`${fresh === token ? 'gives the same token' : 'gives a new token'}, ${sets}`);
}

function oldTokenFinding(asked: DoctorAnswer): Finding {
  if (saysLogout(asked)) return FACTS.oldToken.changed('is refused as soon as there is a newer one');
  return newTokenIn(asked)
    ? FACTS.oldToken.ok('is still accepted after a newer one was issued')
    : FACTS.oldToken.unknown(describeForm(asked));
}

function nonsenseFinding(asked: DoctorAnswer): Finding {
  if (saysLogout(asked)) return FACTS.nonsense.ok('is answered with logout:1');
  return isOutage(asked) ? FACTS.nonsense.unknown(describeForm(asked)) : FACTS.nonsense.changed(describeForm(asked));
}

/** Finds whether the first of two sessions with one fingerprint outlives the second login. */
export async function checkCoexistence(ask: Ask, origins: Origins, first: AimHarderSession): Promise<Finding> {
  const asked = await ask(whoAmIRequest(origins, first));
  const data = dataOf(asked);
  if (isOutage(asked) || !data) return FACTS.coexist.unknown(describeForm(asked));
  return data.length > 0 ? FACTS.coexist.ok('both sessions live') : FACTS.coexist.changed('ends the first session');
}
