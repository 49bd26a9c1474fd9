import { expect } from 'vitest';
import { formatReport, formatSummary, formatTable, toExitCode } from '../../../infra/commands/doctor/report.ts';
import type { Simulator } from '../../../infra/simulator/control.ts';
import { type SimulatorOptions, startSimulator } from '../../../infra/simulator/simulator.ts';
import { checkAimHarder } from '../../../lib/doctor/check-aimharder.ts';
import { type Examination, examine } from '../../../lib/doctor/examine.ts';
import { jsonLogger } from '../../../lib/platform/logger.ts';
import { virtualClock } from '../platform/virtual-clock.ts';

const EMAIL = 'ada.lovelace@example.com';

/** When the examination begins. */
const START = Date.UTC(2026, 2, 20, 18, 29, 50);

const signal = new AbortController().signal;

type Circumstances = {
  /** How long the clock is probed, in milliseconds. */
  readonly probingMs?: number;
  readonly password?: string;
  readonly prepare?: (simulator: Simulator) => unknown;
};

/** Runs the doctor at a simulator with these switches, and checks that it shows nothing of the member. @returns its findings. */
export async function examined(
  options: SimulatorOptions,
  { probingMs = 3_000, password, prepare }: Circumstances = {},
) {
  const clock = virtualClock(START);
  const simulator = await startSimulator({ clock, ...options });
  await prepare?.(simulator);
  const login = { email: EMAIL, password: password ?? simulator.demo.password };
  const examination = await clock.run(() => examine({ origins: simulator.origins, login, clock, signal, probingMs }));
  const shots = simulator.record.bookings.length;
  clock.stop();
  await simulator.stop();
  const alarm = await raisedBy(examination);
  const { findings } = examination;
  const shown = `${formatTable(findings)}\n${formatSummary(examination)}\n${formatReport(examination, '2026-03-27T19:30:00.000Z')}`;
  expectNoSecret(`${shown}\n${alarm.reason}\n${alarm.log}`, login.password);
  return {
    of: (name: string) => findings.find(({ fact }) => fact === name),
    changed: findings.filter(({ verdict }) => verdict === 'changed').map(({ fact }) => fact),
    unknown: findings.filter(({ verdict }) => verdict === 'unknown').map(({ fact }) => fact),
    shots,
    alarm,
    exit: toExitCode(examination),
    shown,
  };
}

/** Passes an examination to the scheduled check. @returns the alarm's reason, the facts that it names, and the log. */
async function raisedBy(examination: Examination) {
  const reasons: string[] = [];
  const lines: string[] = [];
  const run = checkAimHarder({
    readLogin: async () => ({ email: EMAIL, password: 'of-no-use-here' }),
    examine: async () => examination,
    raiseAlarm: async (reason) => void reasons.push(reason),
    knownChanges: new Set(),
    logger: jsonLogger({ now: () => START }, (line) => lines.push(line)),
  });
  const failure = await run.then(
    () => undefined,
    (error: Error) => error.message,
  );
  expect(reasons).toEqual(failure === undefined ? [] : [failure]);
  const [, names = ''] = /^AimHarder has changed: (.*?)\. /.exec(reasons[0] ?? '') ?? [];
  return { reason: reasons[0], facts: names.split('; ').filter(Boolean), log: lines.join('') };
}

/** Checks that a text names neither the member, nor a box, nor a cookie or token: both hold 32 hex digits. */
function expectNoSecret(shown: string, password: string): void {
  for (const secret of [EMAIL, 'lovelace', password, 'crossfit-demo', 'tenerife', 'on-the-dot-doctor', 'marta'])
    expect(shown.toLowerCase()).not.toContain(secret);
  expect(shown).not.toMatch(/[0-9a-f]{16}|\d+(?:\||%7C)\d{10}/i);
}
