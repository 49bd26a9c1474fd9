import { openConnection } from '../../../lib/aimharder/connection.ts';
import type { Origins } from '../../../lib/aimharder/origins.ts';
import { transport } from '../../../lib/aimharder/transport.ts';
import { type Clock, SECOND } from '../../../lib/platform/clock.ts';
import { askOver } from './ask.ts';
import { clockFacts } from './clock-facts.ts';
import type { Finding } from './finding.ts';
import { timetables } from './listing-facts.ts';
import { type Login, logIn, refusals } from './login-facts.ts';
import { coexistence, renewals, whoIs } from './session-facts.ts';
import { wayFacts } from './way-facts.ts';

/** How long the clock is listened to, in milliseconds. */
const LISTENS = 12 * SECOND;

export type Examination = {
  readonly findings: readonly Finding[];
  /** AimHarder does not know e-mail and password. */
  readonly refused: boolean;
};

/**
 * Asks AimHarder whether it still works as this service believes (lib/aimharder/README.md, "Login", "Sessions",
 * "Timetable"). Books nothing, cancels nothing, and never logs out: the two sessions it makes are left to expire.
 */
export async function examine({
  origins,
  login,
  clock,
  signal,
  listens = LISTENS,
}: {
  readonly origins: Origins;
  readonly login: Login;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly listens?: number;
}): Promise<Examination> {
  const wire = transport(clock, 1);
  const ask = askOver(wire, signal);
  try {
    const first = await logIn(ask, origins, login, clock.now());
    const strangers = first.refused ? [] : await refusals(ask, origins);
    if (!first.session) return { findings: [...first.findings, ...strangers], refused: first.refused === true };
    const { findings: known, boxes } = await whoIs(ask, origins, first.session, first.roles);
    const second = await logIn(ask, origins, login, clock.now());
    const both = await coexistence(ask, origins, first.session);
    const session = second.session ?? first.session;
    const [box] = boxes;
    const shown = box ? await timetables(ask, origins, session, box, clock.now()) : [];
    const heard = box ? await listen(origins, box.box, { clock, takes: listens, signal }) : [];
    const renewed = await renewals(ask, origins, session, clock.now());
    return {
      findings: [...first.findings, ...strangers, ...known, both, ...renewed, ...shown, ...heard],
      refused: false,
    };
  } finally {
    wire.close();
  }
}

async function listen(
  origins: Origins,
  box: string,
  options: Parameters<typeof clockFacts>[1],
): Promise<readonly Finding[]> {
  const open = () => openConnection({ origins, box, clock: options.clock });
  const connection = open();
  try {
    const heard = await clockFacts(connection, options);
    return [...heard, ...(await wayFacts(open, options.signal))];
  } finally {
    connection.close();
  }
}
