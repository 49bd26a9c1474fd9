import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { PATH_KINDS, README_PATH, SAME_REGION_PATH } from '../support/firing/path-kinds.ts';
import { type KindSummary, SHARING } from '../support/firing/simulated-shots.ts';
import { rounded } from './distribution.ts';
import { table } from './table.ts';

type PathsOptions = { readonly out: string; readonly shots: number; readonly seed: number };

/** Simulates shots over every kind of path, alone and sharing a process, on all cores. Writes JSON and tables. */
export async function benchPaths({ out, shots, seed }: PathsOptions): Promise<void> {
  const kinds = await simulateAll(shots, seed, 1);
  const pooled = await simulateAll(shots, seed, SHARING);
  const verdicts = [...judge(kinds), ...judgePooled(kinds, pooled)];
  const report = [
    `Milliseconds later than an oracle’s shot that knows clock and path; ${shots} shots over each kind of path.`,
    table(kinds.map(rowOf)),
    `\n${SHARING} who share a process`,
    table(pooled.map(rowOf)),
    `\n${table(verdicts.map(({ kept, ...verdict }) => ({ ...verdict, kept: kept ? 'yes' : 'NO' })))}`,
  ].join('\n');
  console.log(report);
  await writeFile(join(out, 'paths.txt'), `${report}\n`);
  await writeFile(
    join(out, 'paths.json'),
    `${JSON.stringify({ seed, shots, verdicts, kinds, pooled }, undefined, 1)}\n`,
  );
  if (verdicts.some(({ kept }) => !kept)) process.exitCode = 1;
}

const rowOf = ({ name, p50, p99, early, chanceOfEarly, probes }: KindSummary) => ({
  path: name,
  Δp50: rounded(p50, 2),
  Δp99: rounded(p99, 2),
  early,
  'computed, in 100 000': rounded(chanceOfEarly * 1e5, 2),
  probes,
});

async function simulateAll(shots: number, seed: number, sharing: number): Promise<readonly KindSummary[]> {
  const waiting = PATH_KINDS.map(({ name }) => name);
  const found: KindSummary[] = [];
  const work = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift())
      found.push(await simulateApart({ name, shots, seed, sharing }));
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return PATH_KINDS.flatMap(({ name }) => found.filter((kind) => kind.name === name));
}

/** Simulates one kind of path in a thread of its own. */
function simulateApart(workerData: {
  readonly name: string;
  readonly shots: number;
  readonly seed: number;
  readonly sharing: number;
}): Promise<KindSummary> {
  const worker = new Worker(new URL('./paths-thread.ts', import.meta.url), { workerData });
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

/** The most shots that may be early in all, and the largest computed probability of one over each kind of path. */
const MOST_EARLY = 5;
const LARGEST_CHANCE = 1e-5;

/** How much later than the oracle's a shot may be, in milliseconds. */
const LATEST = [
  { path: README_PATH, p50: 5, p99: 6 },
  { path: SAME_REGION_PATH, p50: 2.5, p99: 3.5 },
] as const;

function judge(kinds: readonly KindSummary[]) {
  const early = kinds.reduce((sum, kind) => sum + kind.early, 0);
  const worst = Math.max(...kinds.map(({ chanceOfEarly }) => chanceOfEarly));
  return [
    { promise: `at most ${MOST_EARLY} shots early in all`, measured: `${early}`, kept: early <= MOST_EARLY },
    {
      promise: 'over each kind of path, at most 1 in 100 000 early as computed',
      measured: `${rounded(worst * 1e5, 2)}`,
      kept: worst <= LARGEST_CHANCE,
    },
    ...LATEST.flatMap(({ path, p50, p99 }) =>
      kinds
        .filter(({ name }) => name === path.name)
        .map((kind) => ({
          promise: `${path.name}: Δp50 at most ${p50} ms, Δp99 at most ${p99} ms`,
          measured: `${rounded(kind.p50, 2)} and ${rounded(kind.p99, 2)} ms`,
          kept: kind.p50 <= p50 && kind.p99 <= p99,
        })),
    ),
  ];
}

/** The most probes of a firing that shares a process: with the shot and warming two connections, 12 requests. */
const MOST_PROBES = 9;

/** How much later than alone those who share a process may be, in milliseconds: as much as two runs differ by chance. */
const LATER = 0.3;

function judgePooled(alone: readonly KindSummary[], pooled: readonly KindSummary[]) {
  const early = pooled.reduce((sum, kind) => sum + kind.early, 0);
  const worst = Math.max(...pooled.map(({ chanceOfEarly }) => chanceOfEarly));
  const probes = Math.max(...pooled.map((kind) => kind.probes));
  const isPromised = ({ name }: KindSummary) => LATEST.some(({ path }) => path.name === name);
  const later = Math.max(
    ...pooled.map((kind, index) => kind.middle - (alone[index]?.middle ?? Number.NaN)),
    // The 99th percentile of heavy tails differs by milliseconds from run to run.
    ...pooled.map((kind, index) => (isPromised(kind) ? kind.p99 - (alone[index]?.p99 ?? Number.NaN) : 0)),
  );
  const promise = (text: string) => `${SHARING} share: ${text}`;
  return [
    { promise: promise(`at most ${MOST_EARLY} shots early in all`), measured: `${early}`, kept: early <= MOST_EARLY },
    {
      promise: promise('over each kind of path, at most 1 in 100 000 early as computed'),
      measured: `${rounded(worst * 1e5, 2)}`,
      kept: worst <= LARGEST_CHANCE,
    },
    { promise: promise(`at most ${MOST_PROBES} probes each`), measured: `${probes}`, kept: probes <= MOST_PROBES },
    {
      promise: promise('the middle half over each kind of path, and Δp99 over those two, no later than alone'),
      measured: `${rounded(later, 2)} ms more at most`,
      kept: later <= LATER,
    },
  ];
}
