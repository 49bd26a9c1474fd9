import { systemClock as clock } from '../../lib/platform/system-clock.ts';
import type { RefreshCursor } from '../../lib/sessions/refresh-cursor.ts';
import { refreshIndex } from '../../lib/sessions/refresh-index.ts';
import { refreshTokens } from '../../lib/sessions/refresh-tokens.ts';
import { CONCURRENCY, PARTITIONS, parts, unhurried, WARM_UP } from './refresh-parts.ts';

/** What a turn of the wheel came to. */
export type Turn = {
  readonly perSecond: number;
  readonly refreshed: number;
  readonly peakMb: number;
  readonly consumed: { readonly read: number; readonly write: number };
};

const [database = '', aimHarder = ''] = process.argv.slice(2);
const bench = parts(database, aimHarder);
const yes = async () => true;
const cursor: RefreshCursor = {
  read: async () => ({ handled: undefined, unfinished: [], placeIn: () => undefined }),
  claim: yes,
  takeOver: yes,
  finish: async () => undefined,
};
const deps = {
  ...bench,
  cursor,
  wheel: { slots: 1, shards: PARTITIONS },
  concurrency: CONCURRENCY,
  keysIn: refreshIndex({ documents: bench.documents, table: 'sessions' }),
};

// A function that runs every minute is warm, and so are the database and AimHarder: some sessions are refreshed before it counts.
let left = WARM_UP;
async function* someKeysIn(partition: number) {
  for await (const key of deps.keysIn(partition)) {
    if (left === 0) return;
    left -= 1;
    yield key;
  }
}
await refreshTokens({ ...deps, keysIn: someKeysIn }, 0, Number.POSITIVE_INFINITY, unhurried);
Object.assign(bench.consumed, { read: 0, write: 0 });
const begun = clock.monotonic();
const { refreshed, ...others } = await refreshTokens(deps, 0, Number.POSITIVE_INFINITY, unhurried);
const took = clock.monotonic() - begun;
if (others.failed > 0) throw new Error(`${others.failed} refreshes failed`);
const turn: Turn = {
  perSecond: (refreshed / took) * 1_000,
  refreshed,
  peakMb: process.resourceUsage().maxRSS / 1_000,
  consumed: bench.consumed,
};
console.log(JSON.stringify(turn));
process.exit();
