import { openConnection } from '../../../lib/aimharder/connection.ts';
import type { Origins } from '../../../lib/aimharder/origins.ts';
import { transport } from '../../../lib/aimharder/transport.ts';
import { type Clock, SECOND } from '../../../lib/platform/clock.ts';
import { type Ask, askOver, isRefusal } from './ask.ts';
import { checkClock } from './clock-facts.ts';
import type { Finding } from './finding.ts';
import { checkTimetables } from './listing-facts.ts';
import { checkRefusals, type Login, logIn } from './login-facts.ts';
import { checkRoutes } from './route-facts.ts';
import { checkCoexistence, checkRenewals, checkWhoAmI } from './session-facts.ts';

/** How long AimHarder's clock is probed, in milliseconds. */
const LISTENS = 12 * SECOND;

export type Examination = {
  readonly findings: readonly Finding[];
  /** AimHarder has refused e-mail and password. */
  readonly refused: boolean;
  /** AimHarder, or what is in front of it, has refused the address of this machine. */
  readonly addressRefused: boolean;
};

type Asked = {
  readonly origins: Origins;
  readonly login: Login;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** How long AimHarder's clock is probed, in milliseconds. */
  readonly listens?: number;
};

/**
 * Asks AimHarder whether it still works as this service believes (lib/aimharder/README.md, "Login", "Sessions",
 * "Timetable"). It books nothing, cancels nothing, and never logs out: the two sessions that it makes expire by
 * themselves.
 */
export async function examine({ listens = LISTENS, ...asked }: Asked): Promise<Examination> {
  const wire = transport(asked.clock, 1);
  let addressRefused = false;
  const send = askOver(wire, asked.signal);
  const ask: Ask = async (request) => {
    const answer = await send(request);
    addressRefused ||= isRefusal(answer);
    return answer;
  };
  try {
    const { findings, refused } = await checkAll(ask, { ...asked, listens });
    return { findings, refused, addressRefused };
  } finally {
    wire.close();
  }
}

/** Asks about every fact; with no session, about those alone that need none. */
async function checkAll(
  ask: Ask,
  { origins, login, clock, signal, listens }: Required<Asked>,
): Promise<Omit<Examination, 'addressRefused'>> {
  const first = await logIn(ask, origins, login, clock.now());
  const strangers = first.refused ? [] : await checkRefusals(ask, origins);
  if (!first.session) return { findings: [...first.findings, ...strangers], refused: first.refused === true };
  const { findings: known, boxes } = await checkWhoAmI(ask, origins, first.session, first.roles);
  const second = await logIn(ask, origins, login, clock.now());
  const both = await checkCoexistence(ask, origins, first.session);
  const session = second.session ?? first.session;
  const [box] = boxes;
  const shown = box ? await checkTimetables(ask, origins, session, box, clock.now()) : [];
  const heard = box ? await checkNetwork(origins, box.box, { clock, takes: listens, signal }) : [];
  const renewed = await checkRenewals(ask, origins, session, clock.now());
  return {
    findings: [...first.findings, ...strangers, ...known, both, ...renewed, ...shown, ...heard],
    refused: false,
  };
}

async function checkNetwork(
  origins: Origins,
  box: string,
  options: Parameters<typeof checkClock>[1],
): Promise<readonly Finding[]> {
  const open = () => openConnection({ origins, box, clock: options.clock });
  const connection = open();
  try {
    const heard = await checkClock(connection, options);
    return [...heard, ...(await checkRoutes(open, options.signal))];
  } finally {
    connection.close();
  }
}
