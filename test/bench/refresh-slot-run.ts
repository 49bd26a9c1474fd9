import { SECOND } from '../../lib/platform/clock.ts';
import { systemClock as clock } from '../../lib/platform/system-clock.ts';
import { dueIndex } from '../../lib/refresh/due-index.ts';
import { type RefreshDueSessionsDeps, refreshClaimedPart } from '../../lib/refresh/refresh-due-sessions.ts';
import { distributionOf } from './distribution.ts';
import { CONCURRENCY, parts, unhurried, WARM_UP, WHEEL } from './refresh-parts.ts';

/** How long the slot runs repeatedly, in milliseconds. One run of 1,000 sessions takes two seconds, too short to measure. */
const MEASURED_FOR = 10 * SECOND;

/** The results of all slot runs. `perSecond` is the median run's. */
export type SlotRunFigures = {
  readonly turns: number;
  readonly perSecond: number;
  /** Over all slot runs. */
  readonly refreshed: number;
  readonly peakMb: number;
  readonly consumed: { readonly read: number; readonly write: number };
};

/** The part that this worker refreshes, by the positions of its first and its last partition in the slot. */
const [database = '', aimHarder = '', first = '', last = ''] = process.argv.slice(2);
const part = { minute: 0, part: { first: Number(first), last: Number(last) }, id: '' };
const bench = parts(database, aimHarder);
const cursor: RefreshDueSessionsDeps['cursor'] = {
  read: async () => ({ handled: undefined, open: [], resumePointIn: () => undefined, workIn: () => 0 }),
  claim: async () => [],
  begin: async () => true,
  takeOver: async () => undefined,
  finish: async () => undefined,
  forget: async () => undefined,
  setBack: async () => undefined,
};
const deps = {
  ...bench,
  cursor,
  wheel: WHEEL,
  concurrency: CONCURRENCY,
  maxWorkOfRun: Number.POSITIVE_INFINITY,
  startWorker: async () => undefined,
  keysIn: dueIndex({ documents: bench.documents, table: 'sessions' }),
};

// A function that runs every minute is warm, as are the database and AimHarder: some sessions are refreshed before measuring.
let left = WARM_UP;
async function* someKeysIn(partition: number) {
  for await (const key of deps.keysIn(partition)) {
    if (left === 0) return;
    left -= 1;
    yield key;
  }
}
await refreshClaimedPart({ ...deps, keysIn: someKeysIn }, part, Number.POSITIVE_INFINITY, unhurried);
Object.assign(bench.consumed, { read: 0, write: 0 });
const speeds: number[] = [];
let refreshed = 0;
const begun = clock.monotonic();
do {
  const from = clock.monotonic();
  const counts = await refreshClaimedPart(deps, part, Number.POSITIVE_INFINITY, unhurried);
  if (counts.failed > 0) throw new Error(`${counts.failed} refreshes failed`);
  refreshed += counts.refreshed;
  speeds.push((counts.refreshed / (clock.monotonic() - from)) * 1_000);
} while (clock.monotonic() - begun < MEASURED_FOR);
const figures: SlotRunFigures = {
  turns: speeds.length,
  perSecond: distributionOf(speeds).p50,
  refreshed,
  peakMb: process.resourceUsage().maxRSS / 1_000,
  consumed: bench.consumed,
};
console.log(JSON.stringify(figures));
process.exit();
