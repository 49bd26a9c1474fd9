import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { systemClock as clock } from '../../lib/platform/system-clock.ts';
import { CONCURRENCY, type Parts, parts, unhurried, WARM_UP } from './refresh-parts.ts';
import { HEAP_MB, runWorker, seed, startServer } from './refresh-processes.ts';
import { measureWorkers } from './refresh-workers.ts';
import { table } from './table.ts';

/** How long AimHarder takes to answer, in milliseconds. */
const ANSWER_MS = 100;
/** How many sessions are refreshed one by one, which is slow. */
const SAMPLE = 300;
const PROMISED_RATIO = 50;
/** Memory is flat if the peak at one size is at most this many times the peak at another. */
const FLAT = 1.25;
/**
 * The least share of sessions to be refreshed. The local engine loses some index entries: it distinguishes them by 24 bits of
 * a hash (dynalite's `hashPrefix`), which some 40 of 100,000 sessions share.
 */
const REFRESHED = 0.999;

/** Measures sessions refreshed per second beside the predecessor's loop, and memory and capacity at growing sizes. */
export async function benchRefresh({
  out,
  sizes,
}: {
  readonly out: string;
  readonly sizes: readonly number[];
}): Promise<void> {
  const rows: Row[] = [];
  for (const size of sizes) {
    rows.push(await measure(size));
    console.log(table(rows.slice(-1)));
  }
  const workers = await measureWorkers();
  console.log(table(workers));
  const broken = [
    ...findBrokenPromises(rows),
    ...workers
      .filter(({ gain, promised }) => Number(gain) < promised)
      .map((row) => `${row.workers} workers refreshed ${row.gain} times as many sessions as one`),
  ];
  const report = [
    `AimHarder answers after ${ANSWER_MS} ms; concurrency ${CONCURRENCY}; database, AimHarder and the slot run each in their own process, the slot run's heap limited to ${HEAP_MB} MB; one by one measured on ${SAMPLE}; the median slot run after a warm-up of ${WARM_UP}.`,
    table(rows),
    `Several workers, with answers of 1 s, so that neither the database nor the machine's two cores are the limit:`,
    table(workers),
    `promised: at least ${PROMISED_RATIO} times one by one, every session (except at most one in a thousand, whose index entry the local engine loses), flat memory, and two workers 1.7 times as fast as one`,
    ...broken.map((promise) => `BROKEN: ${promise}`),
  ].join('\n');
  console.log(report);
  await writeFile(join(out, 'refresh.txt'), `${report}\n`);
  await writeFile(join(out, 'refresh.json'), `${JSON.stringify(rows, undefined, 1)}\n`);
  if (broken.length > 0) process.exitCode = 1;
}

type Row = Awaited<ReturnType<typeof measure>>;

function findBrokenPromises(rows: readonly Row[]): readonly string[] {
  const slow = rows
    .filter(({ ratio }) => Number(ratio) < PROMISED_RATIO)
    .map(({ sessions, ratio }) => `${sessions} sessions were refreshed ${ratio} times as fast as one by one`);
  const few = rows
    .filter((row) => row['refreshed each'] < REFRESHED * row.sessions)
    .map((row) => `of ${row.sessions} sessions ${row['refreshed each']} were refreshed`);
  const memory = rows.map((row) => Number(row['peak RSS MB']));
  const grows = Math.max(...memory) > FLAT * Math.min(...memory);
  return [...slow, ...few, ...(grows ? [`memory grew from ${Math.min(...memory)} to ${Math.max(...memory)} MB`] : [])];
}

async function measure(size: number) {
  const [database, aimHarder] = await Promise.all([
    startServer('database'),
    startServer('aimharder', String(ANSWER_MS)),
  ]);
  try {
    const bench = parts(database.endpoint, aimHarder.endpoint);
    await seed(bench.documents, size);
    const peer = await oneByOne(bench);
    const wheel = await runWorker([database.endpoint, aimHarder.endpoint], { first: 0, last: 15 });
    const per = (units: number) => (units / wheel.refreshed).toFixed(2);
    return {
      sessions: size,
      turns: wheel.turns,
      'refreshed each': Math.round(wheel.refreshed / wheel.turns),
      'per second': wheel.perSecond.toFixed(0),
      'one by one': peer.toFixed(1),
      ratio: (wheel.perSecond / peer).toFixed(1),
      'peak RSS MB': wheel.peakMb.toFixed(0),
      'read units each': per(wheel.consumed.read),
      'write units each': per(wheel.consumed.write),
    };
  } finally {
    for (const { child } of [database, aimHarder]) child.kill();
  }
}

/** Refreshes as the predecessor did: one session after the other, one write each. @returns sessions per second. */
async function oneByOne({ documents, sessions, tokens, aimHarder }: Parts): Promise<number> {
  const all = [];
  for await (const session of sessions.getAllActiveSessions()) if (all.push(session) === SAMPLE) break;
  const begun = clock.monotonic();
  for (const session of all) {
    const answer = await aimHarder.updateToken(await tokens.decrypt(session), unhurried);
    if (answer.kind !== 'updated') throw new Error(`tokenUpdate: ${answer.kind}`);
    const { email, fingerprint } = session;
    await documents.send(
      new UpdateCommand({
        TableName: 'sessions',
        Key: { email, fingerprint },
        UpdateExpression: 'SET plainToken = :token',
        ExpressionAttributeValues: { ':token': answer.session.token },
      }),
    );
  }
  return (all.length / (clock.monotonic() - begun)) * 1_000;
}
