import { openConnection } from '../aimharder/connection.ts';
import type { Origins } from '../aimharder/origins.ts';
import { transport } from '../aimharder/transport.ts';
import { type Clock, SECOND } from '../platform/clock.ts';
import { type Ask, askOver, refusesThisAddress } from './ask.ts';
import { checkClock, checkIdle } from './clock-facts.ts';
import type { Finding } from './finding.ts';
import { checkTimetables } from './listing-facts.ts';
import { checkRefusals, type Login, logIn } from './login-facts.ts';
import { checkNextBookings } from './next-bookings-facts.ts';
import { checkRoutes } from './route-facts.ts';
import { checkCoexistence, checkRenewals, checkWhoAmI } from './session-facts.ts';

/** How long AimHarder's clock is probed by default, in milliseconds. */
const PROBING_MS = 12 * SECOND;

/** The result of an examination. */
export type Examination = {
  readonly findings: readonly Finding[];
  /** Whether AimHarder has refused the e-mail and the password. */
  readonly loginRefused: boolean;
  /**
   * Whether AimHarder, or a proxy in front of it, has refused the address of this machine at least once. Requests that AimHarder may
   * refuse for what they are do not count.
   */
  readonly addressRefused: boolean;
};

type ExamineOptions = {
  readonly origins: Origins;
  readonly login: Login;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** How long AimHarder's clock is probed, in milliseconds. */
  readonly probingMs?: number;
};

/**
 * Checks whether AimHarder still works as this service assumes (lib/aimharder/README.md, "Login", "Sessions", "Timetable"). Books
 * nothing, cancels nothing and does not log out. AimHarder ends the two sessions of the examination when they are no longer used.
 */
export async function examine({ probingMs = PROBING_MS, ...options }: ExamineOptions): Promise<Examination> {
  const connectionsPerHost = 1;
  const upstream = transport(options.clock, connectionsPerHost);
  let addressRefused = false;
  const send = askOver(upstream, options.signal);
  const ask: Ask = async (request, { isRefusable } = { isRefusable: false }) => {
    const answer = await send(request);
    addressRefused ||= !isRefusable && refusesThisAddress(answer);
    return answer;
  };
  try {
    const { findings, loginRefused } = await checkAll(ask, { ...options, probingMs });
    return { findings, loginRefused, addressRefused };
  } finally {
    upstream.close();
  }
}

/** Checks every fact. Without a session, checks only the login and, unless AimHarder refused it, how a login is refused. */
async function checkAll(
  ask: Ask,
  { origins, login, clock, signal, probingMs }: Required<ExamineOptions>,
): Promise<Omit<Examination, 'addressRefused'>> {
  const firstLogin = await logIn(ask, origins, login, clock.now());
  const refusalFindings = firstLogin.refused ? [] : await checkRefusals(ask, origins);
  if (!firstLogin.session)
    return { findings: [...firstLogin.findings, ...refusalFindings], loginRefused: firstLogin.refused === true };
  const { findings: whoAmIFindings, boxes } = await checkWhoAmI(ask, origins, firstLogin.session, firstLogin.roles);
  const secondLogin = await logIn(ask, origins, login, clock.now());
  const coexistenceFinding = await checkCoexistence(ask, origins, firstLogin.session);
  const session = secondLogin.session ?? firstLogin.session;
  const [box] = boxes;
  const timetableFindings = box ? await checkTimetables(ask, origins, session, box, clock.now()) : [];
  const bookingFindings = box ? await checkNextBookings(ask, origins, session, box) : [];
  const networkFindings = box ? await checkNetwork(origins, box.box, { clock, probingMs, signal }) : [];
  const renewalFindings = await checkRenewals(ask, origins, session, clock.now());
  return {
    findings: [
      ...firstLogin.findings,
      ...refusalFindings,
      ...whoAmIFindings,
      coexistenceFinding,
      ...renewalFindings,
      ...timetableFindings,
      ...bookingFindings,
      ...networkFindings,
    ],
    loginRefused: false,
  };
}

/** Checks AimHarder's clock and, at the same time, an idle connection; then checks how much connections differ. */
async function checkNetwork(
  origins: Origins,
  box: string,
  options: Parameters<typeof checkClock>[1],
): Promise<readonly Finding[]> {
  const open = () => openConnection({ origins, box, clock: options.clock });
  const [probed, idle] = [open(), open()];
  try {
    const [clockFindings, idleFindings] = await Promise.all([checkClock(probed, options), checkIdle(idle, options)]);
    return [...clockFindings, ...idleFindings, ...(await checkRoutes(open, options.signal))];
  } finally {
    probed.close();
    idle.close();
  }
}
