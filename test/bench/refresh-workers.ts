import { CONCURRENCY, parts, WHEEL } from './refresh-parts.ts';
import { runWorker, seed, startServer } from './refresh-processes.ts';

/** How long AimHarder takes to answer, in milliseconds. The workers wait most of the time, as they do on AWS. */
const ANSWER_MS = 1_000;
const SESSIONS = 2_000;

/** How many times as many sessions as one worker so many workers refresh at least. */
const PROMISED = new Map([[2, 1.7]]);

/** Measures how many sessions 1, 2 and 4 workers refresh per second, each in a process of its own with a part of the slot. */
export async function measureWorkers() {
  const [database, aimHarder] = await Promise.all([
    startServer('database'),
    startServer('aimharder', String(ANSWER_MS)),
  ]);
  try {
    await seed(parts(database.endpoint, aimHarder.endpoint).documents, SESSIONS);
    const speeds: { readonly workers: number; readonly perSecond: number }[] = [];
    for (const workers of [1, 2, 4]) {
      const width = WHEEL.shards / workers;
      const ranges = Array.from({ length: workers }, (_, index) => ({
        first: index * width,
        last: (index + 1) * width - 1,
      }));
      const figures = await Promise.all(
        ranges.map((range) => runWorker([database.endpoint, aimHarder.endpoint], range)),
      );
      const perSecond = figures.reduce((sum, one) => sum + one.perSecond, 0);
      speeds.push({ workers, perSecond });
    }
    const [one = { perSecond: 0 }] = speeds;
    return speeds.map(({ workers, perSecond }) => ({
      workers,
      'at a time each': CONCURRENCY,
      'per second': perSecond.toFixed(0),
      gain: (perSecond / one.perSecond).toFixed(2),
      promised: PROMISED.get(workers) ?? 0,
    }));
  } finally {
    for (const { child } of [database, aimHarder]) child.kill();
  }
}
