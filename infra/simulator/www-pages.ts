import { buildSessionCookies, formatCookieScope, renderLoginForm } from './login-pages.ts';
import { describeMember } from './members.ts';
import { newest } from './sessions.ts';
import { type SimulatorState, useSession } from './state.ts';
import {
  HOME,
  json,
  LOGGED_OUT,
  NOT_ALLOWED,
  NOT_FOUND,
  page,
  parseForm,
  type Reply,
  SESSION_COOKIE,
  type SimulatorRequest,
} from './wire.ts';

/** Describes the session's member; an empty list without a live session (lib/aimharder/README.md, "Proof of a session"). */
export function whoAmI(state: SimulatorState, request: SimulatorRequest): Reply {
  const session = useSession(state, request);
  return json({ data: session ? [describeMember(session.email)] : [] });
}

/** Serves a page whose script stores the tokens (lib/aimharder/README.md, "setrefresh"). */
export function setRefresh(state: SimulatorState, request: SimulatorRequest): Reply {
  const session = useSession(state, request);
  const token = request.query.get('token') ?? '';
  const isKnown =
    session?.fingerprint === request.query.get('fingerprint') && session.tokens.some(({ value }) => value === token);
  if (!session || !isKnown) return renderLoginForm();
  const setItemCall = (name: string, value: string) =>
    `localStorage.setItem(${JSON.stringify(name)}, ${JSON.stringify(value)});`;
  const script = setItemCall('refreshToken', newest(session.tokens)) + setItemCall('fingerprint', session.fingerprint);
  // An escaped `<` keeps the fingerprint, which the client chooses, from ending the script.
  return page(`<script>${script.replaceAll('<', '\\u003c')}</script>`);
}

const MALFORMED = { error: { code: 400, message: 'MALFORMED_BODY' } };

/** Replaces a session's token (lib/aimharder/README.md, "tokenUpdate"). Whether AimHarder still has this page is unknown. */
export function tokenUpdate(state: SimulatorState, request: SimulatorRequest): Reply {
  const { tokenUpdate: variant, tokenUpdateCookies, oldTokenLifeMs } = state.switches();
  if (variant === '400' || variant === 'error') return json(MALFORMED, { status: variant === '400' ? 400 : 200 });
  if (variant === '404') return NOT_FOUND;
  if (variant === '405') return NOT_ALLOWED;
  if (variant === 'html') return HOME;
  const session = useSession(state, request);
  const form = parseForm(request);
  const isAccepted = session && state.sessions.acceptsToken(session, form.get('token') ?? '', request.arrivedAt);
  if (!isAccepted || session.fingerprint !== form.get('fingerprint')) return LOGGED_OUT;
  const replacesCookie = tokenUpdateCookies === 'all';
  const renewed = state.sessions.rotate(session, request.arrivedAt, { replacesCookie, oldLifeMs: oldTokenLifeMs });
  return json(
    { newToken: newest(renewed.tokens) },
    { cookies: replacesCookie ? buildSessionCookies(state, renewed) : [] },
  );
}

/**
 * Ends the request's session, or all sessions of the member. Which of the two AimHarder does is unknown (lib/aimharder/README.md,
 * "What ends a session").
 */
export function logout(state: SimulatorState, request: SimulatorRequest): Reply {
  const session = useSession(state, request);
  if (session && state.switches().logoutEnds === 'all') state.sessions.end({ email: session.email });
  else if (session) state.sessions.endOne(session);
  const clearedCookie = `${SESSION_COOKIE}=deleted; ${formatCookieScope(state.switches())}; Expires=Thu, 01 Jan 1970 00:00:01 GMT`;
  return { status: 302, headers: { location: '/www/' }, cookies: [clearedCookie], body: '' };
}
