import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SECOND } from '../../../lib/platform/clock.ts';
import { systemClock as clock } from '../../../lib/platform/system-clock.ts';
import { type BenchClass, type BenchSimulator, startSimulators } from '../simulators.ts';
import { table } from '../table.ts';
import { startService, stopService } from './service.ts';
import { Traffic } from './traffic.ts';

const FIRINGS = 50;
/** How far ahead the class opens when it is ordered, in milliseconds. */
const OPENS_IN = 75 * SECOND;
/** How long after the opening the shots are counted, in milliseconds. */
const SETTLES_IN = 20 * SECOND;
/** Requests a second: more than two cores answer. */
const FLOOD = 400;
const FLOODING_MEMBERS = 40;

/** Measures how late 50 firings are on a quiet service, and while its routes are saturated. */
export async function benchSaturated(out: string): Promise<void> {
  const rows = [await measure(out, 'quiet', 0), await measure(out, 'saturated', FLOOD)];
  const broken = rows.filter(({ arrived, early }) => arrived < FIRINGS || early > 0);
  const report = [
    `${FIRINGS} firings of one opening; lateness in milliseconds, by AimHarder's clock`,
    table(rows),
    ...broken.map(({ service }) => `BROKEN: on the ${service} service not every firing arrived, or one was early`),
  ].join('\n');
  console.log(report);
  await writeFile(join(out, 'saturated.txt'), `${report}\n`);
  if (broken.length > 0) process.exitCode = 1;
}

async function measure(out: string, service: string, rate: number) {
  const folder = mkdtempSync(join(tmpdir(), 'on-the-dot-saturated-'));
  const { simulators, stop } = await startSimulators([{}]);
  const [simulator] = simulators;
  if (!simulator) throw new Error('The simulator did not start.');
  const { origin, login, box } = simulator.origins;
  const settings = { AIMHARDER_ORIGIN: origin, AIMHARDER_LOGIN_ORIGIN: login, AIMHARDER_BOX_ORIGIN: box };
  const { child, url } = await startService(folder, join(out, `saturated-${service}.log`), settings);
  try {
    const flood = new Traffic(url, FLOODING_MEMBERS);
    await flood.logIn();
    const orders = new Traffic(url, FIRINGS, 'firing');
    await orders.logIn();
    const one = await simulator.addClass(OPENS_IN, FIRINGS);
    await orders.orderAll({ ...one, opensAt: new Date(one.opensAt).toISOString() });
    if (rate > 0) flood.start(rate);
    await new Promise((resolve) => setTimeout(resolve, one.opensAt + SETTLES_IN - clock.now()));
    await flood.stop();
    return { service, ...(await lateness(simulator, one)), ...answers(flood) };
  } finally {
    await stopService(child);
    stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function lateness(simulator: BenchSimulator, { classId }: BenchClass) {
  const first = new Map<string | null, number>();
  for (const { email, opensAt, arrivedAt, ...shot } of await simulator.arrived())
    if (shot.classId === classId && opensAt !== null && !first.has(email)) first.set(email, arrivedAt - opensAt);
  const late = [...first.values()].toSorted((one, other) => one - other);
  const at = (share: number) => Math.round(late.at(Math.min(late.length - 1, Math.floor(share * late.length))) ?? NaN);
  return { arrived: late.length, early: late.filter((ms) => ms < 0).length, p50: at(0.5), p90: at(0.9), max: at(1) };
}

const answers = ({ answered: { requests, skipped, byStatus } }: Traffic) => ({
  requests,
  refused: Object.entries(byStatus).reduce((sum, [status, count]) => sum + (status.startsWith('429') ? count : 0), 0),
  skipped,
});
