import { systemClock as clock } from '../../lib/platform/system-clock.ts';
import { planRoutines } from '../../lib/routines/plan-routines.ts';
import { type Consumed, parts, unhurried } from './routines-parts.ts';

/** The results of planning all due routines. */
export type PlannerFigures = {
  readonly seconds: number;
  readonly routines: number;
  readonly ordered: number;
  readonly peakMb: number;
  /** CPU time of the planner, in seconds. */
  readonly cpuSeconds: number;
  readonly consumed: Consumed;
  /** Read units of a minute without due routines. */
  readonly idle: number;
};

const [database = '', aimHarder = '', scheduler = ''] = process.argv.slice(2);
const { deps, consumed } = parts({ database, aimHarder, scheduler });
const plan = () => planRoutines(deps, Number.POSITIVE_INFINITY, unhurried);

const cpuBefore = process.cpuUsage();
const begun = clock.monotonic();
const { routines, ordered, failed, changed } = await plan();
const { user, system } = process.cpuUsage(cpuBefore);
const seconds = (clock.monotonic() - begun) / 1_000;
if (failed + changed > 0) throw new Error(`${failed} members failed, ${changed} were changed concurrently`);
const all = { ...consumed };
await plan();
const figures: PlannerFigures = {
  ...{ seconds, routines, ordered, consumed: all, cpuSeconds: (user + system) / 1_000_000 },
  peakMb: process.resourceUsage().maxRSS / 1_000,
  idle: consumed.read - all.read,
};
console.log(JSON.stringify(figures));
process.exit();
