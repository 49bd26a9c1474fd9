import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { PATH_KINDS, README_PATH, SAME_REGION_PATH } from '../support/firing/path-kinds.ts';
import type { KindSummary } from '../support/firing/simulated-shots.ts';
import { rounded } from './distribution.ts';
import { table } from './table.ts';

type PathsOptions = { readonly out: string; readonly shots: number; readonly seed: number };

/** Simulates shots over every kind of path, on all cores. Writes JSON and a table. */
export async function benchPaths({ out, shots, seed }: PathsOptions): Promise<void> {
  const waiting = PATH_KINDS.map(({ name }) => name);
  const found: KindSummary[] = [];
  const work = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift())
      found.push(await simulateApart(name, shots, seed));
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  const kinds = PATH_KINDS.flatMap(({ name }) => found.filter((kind) => kind.name === name));
  const verdicts = judge(kinds);
  const report = [
    `Milliseconds later than an oracle’s shot that knows clock and path; ${shots} shots over each kind of path.`,
    table(
      kinds.map(({ name, p50, p99, early, chanceOfEarly }) => ({
        path: name,
        Δp50: rounded(p50, 2),
        Δp99: rounded(p99, 2),
        early,
        'computed, in 100 000': rounded(chanceOfEarly * 1e5, 2),
      })),
    ),
    `\n${table(verdicts.map(({ kept, ...verdict }) => ({ ...verdict, kept: kept ? 'yes' : 'NO' })))}`,
  ].join('\n');
  console.log(report);
  await writeFile(join(out, 'paths.txt'), `${report}\n`);
  await writeFile(join(out, 'paths.json'), `${JSON.stringify({ seed, shots, verdicts, kinds }, undefined, 1)}\n`);
  if (verdicts.some(({ kept }) => !kept)) process.exitCode = 1;
}

/** Simulates one kind of path in a thread of its own. */
function simulateApart(name: string, shots: number, seed: number): Promise<KindSummary> {
  const worker = new Worker(new URL('./paths-thread.ts', import.meta.url), { workerData: { name, shots, seed } });
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
