import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MINUTE } from '../../lib/platform/clock.ts';
import { seeded } from '../support/firing/simulated-path.ts';
import { startDynamo } from '../support/platform/dynamo.ts';
import { WheelModel } from '../support/refresh/wheel-model.ts';
import { table } from './table.ts';

const SLOTS = 8;
const PARTITIONS = 128;
const CONCURRENCY = 100;
/** One worker in a hundred dies. */
const DEATHS = 0.01;
/** A session's turn comes at the latest when its dead run was noticed, 4 minutes later, and its part was refreshed anew. */
const LONGEST_GAP = 14 * MINUTE;
/** AimHarder drops a session that is not refreshed for so long. */
const DROPPED = 30 * MINUTE;

/**
 * Models the refresh of many sessions in virtual time, with answers of 1 s, workers that die and one minute that is missed. The
 * runs and the cursor are the deployed ones; sessions and AimHarder are numbers.
 */
export async function benchMillion({
  out,
  sessions,
}: {
  readonly out: string;
  readonly sessions: number;
}): Promise<void> {
  const { documents, stop } = await startDynamo();
  const random = seeded(1);
  const perWorker = sessions / PARTITIONS;
  const model = new WheelModel({
    documents,
    sessions,
    concurrency: CONCURRENCY,
    diesAtRefresh: (run) => run === 'worker' && random() < DEATHS / perWorker,
  });
  const rows = [];
  for (const [round, misses] of [[], [], [], [3], [], []].entries()) {
    model.forgetFigures();
    const lost = model.notRefreshedSince(model.clock.now() - DROPPED);
    await model.runMinutes(SLOTS, misses);
    rows.push({
      round: round + 1,
      refreshes: model.refreshes,
      workers: model.workers,
      died: model.deaths,
      'longest gap min': (model.longestGap / MINUTE).toFixed(1),
      'two at once': model.doubled,
      dropped: lost,
      'heap MB': Math.round(process.memoryUsage().heapUsed / 1e6),
    });
    console.log(table(rows.slice(-1)));
  }
  await stop();
  const steady = rows.slice(3);
  const broken = [
    ...rows
      .filter((row) => row['two at once'] > 0)
      .map(({ round }) => `round ${round}: a session was refreshed by two at once`),
    ...rows.filter(({ dropped }) => dropped > 0).map(({ round }) => `round ${round}: sessions were dropped`),
    ...steady
      .filter((row) => Number(row['longest gap min']) * MINUTE > LONGEST_GAP)
      .map(({ round }) => `round ${round}: a session waited longer than ${LONGEST_GAP / MINUTE} minutes`),
  ];
  const report = [
    `${sessions} sessions, ${CONCURRENCY} at a time in each run, answers of 1 s, one worker in a hundred dies, a minute is missed in the fourth round. The first round does not know how much work there is.`,
    table(rows),
    ...broken.map((promise) => `BROKEN: ${promise}`),
  ].join('\n');
  console.log(report);
  await writeFile(join(out, 'million.txt'), `${report}\n`);
  await writeFile(join(out, 'million.json'), `${JSON.stringify(rows, undefined, 1)}\n`);
  if (broken.length > 0) process.exitCode = 1;
}
