import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, type Plugin, stop } from 'esbuild';
import * as z from 'zod/mini';
import { ESBUILD_OPTIONS } from '../../../infra/bundle/bundle-functions.ts';
import { SECOND } from '../../../lib/platform/clock.ts';
import { systemClock } from '../../../lib/platform/system-clock.ts';
import { distributionOf, rounded } from '../distribution.ts';
import { readAllArrivals, stillSimulators } from '../fire/setting.ts';
import { AWAKE, type Opening } from '../fire/ways.ts';
import type { BenchSimulator, Member } from '../simulators.ts';
import { table } from '../table.ts';
import { openQuotas, type Quotas } from './quotas.ts';

export type MemoryOptions = {
  readonly out: string;
  /** How many firings each size gets. */
  readonly firings: number;
  readonly sizes: readonly number[];
  /** How long before its tick the timer begins to wait actively, in milliseconds; each is tried with each size. */
  readonly margins: readonly number[];
};

/** The memory that comes with one vCPU on Lambda, in MB (Lambda Developer Guide, "Memory"). */
const ONE_CORE = 1_769;

const SIMULATORS = 20;

/** The time between two openings, in milliseconds: a process needs some 0.5 s of CPU, and half of that is its start. */
const APART = 500;

/** How long before the opening a process that has loaded gets its event, in milliseconds: the simulator's clock may be 3 s ahead. */
const LOADED_BEFORE = AWAKE + 4 * SECOND;

const unhurried = new AbortController().signal;

const Fired = z.object({
  told: z.object({
    timerMs: z.number(),
    eventLoopMs: z.number(),
    requests: z.number(),
    awakeMs: z.number(),
    method: z.string(),
  }),
  cpuMs: z.number(),
  maxRssMB: z.number(),
});

type Variant = { readonly memoryMB: number; readonly margin: number };
type Firing = z.infer<typeof Fired> & {
  readonly variant: Variant;
  readonly opening: Opening;
  readonly throttledMs: number;
};

/** Fires under the CPU quotas of several sizes of a Lambda function, over TLS, and measures how late the shots arrive. */
export async function benchMemory({ out, firings, sizes, margins }: MemoryOptions): Promise<void> {
  const quotas = openQuotas();
  if (typeof quotas === 'string') {
    console.log(`skipped: ${quotas}`);
    return;
  }
  const variants = sizes.flatMap((memoryMB) => margins.map((margin) => ({ memoryMB, margin })));
  const minutes = Math.ceil((firings * variants.length * APART + 60 * SECOND) / (60 * SECOND));
  console.log(`${firings} firings of each size over TLS, control groups ${quotas.version}; about ${minutes} minutes`);
  const folder = await mkdtemp(join(tmpdir(), 'bench-memory-'));
  try {
    const bundles = new Map<number, string>();
    for (const margin of margins) bundles.set(margin, await bundleFiring(folder, margin));
    const { rows, early } = await fireAll({ quotas, variants, firings, bundles });
    const report = [
      `Milliseconds after the opening, by the simulator’s clock, of ${firings} firings each. A CPU quota in periods of 20 ms, as Lambda gives it; TLS 1.3; a process for each firing.`,
      table(rows),
    ].join('\n');
    console.log(report);
    await writeFile(join(out, 'memory.txt'), `${report}\n`);
    await writeFile(join(out, 'memory.json'), `${JSON.stringify({ firings, early, rows }, undefined, 1)}\n`);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Bundles the process of a firing as the functions are bundled. @param margin replaces the timer's margin. */
async function bundleFiring(folder: string, margin: number): Promise<string> {
  const outfile = join(folder, `firing-${margin}.cjs`);
  const timer: Plugin = {
    name: 'timer',
    setup({ onLoad }) {
      onLoad({ filter: /system-clock\.ts$/ }, async ({ path }) => ({
        contents: (await readFile(path, 'utf8')).replace(/(?<=TIMER_MARGIN = )[\d.]+/, `${margin}`),
        loader: 'ts',
      }));
    },
  };
  try {
    await build({
      ...ESBUILD_OPTIONS,
      plugins: [timer, ...ESBUILD_OPTIONS.plugins],
      format: 'esm',
      outExtension: {},
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
      entryPoints: [join(import.meta.dirname, 'firing-process.ts')],
      outfile: outfile.replace(/cjs$/, 'mjs'),
    });
  } finally {
    await stop();
  }
  return outfile.replace(/cjs$/, 'mjs');
}

type FireAll = {
  readonly quotas: Quotas;
  readonly variants: readonly Variant[];
  readonly firings: number;
  readonly bundles: ReadonlyMap<number, string>;
};

async function fireAll({ quotas, variants, firings, bundles }: FireAll) {
  const { simulators, skews: _, ...control } = await stillSimulators(SIMULATORS, 1, { over: 'tls' });
  const database = fork(new URL('database-process.ts', import.meta.url));
  const endpoint = `http://127.0.0.1:${z.number().parse((await once(database, 'message'))[0])}`;
  try {
    await control.addJitterAndWork();
    const members = await Promise.all(simulators.map((one) => one.logIn('member@bench.example')));
    const begun = systemClock.monotonic();
    const done = await Promise.all(
      Array.from({ length: firings * variants.length }, async (_each, index): Promise<Firing | undefined> => {
        await systemClock.until(begun + index * APART, unhurried);
        const place = Math.floor(index / variants.length) % SIMULATORS;
        const [simulator, member] = [simulators[place], members[place]];
        const variant = variants[index % variants.length];
        const bundle = variant && bundles.get(variant.margin);
        if (!simulator || !member || !bundle) throw new Error('each firing has its parts');
        return fireOnce({ quotas, variant, simulator, member, bundle, endpoint, index }).catch((error: unknown) => {
          console.error(error);
          return undefined;
        });
      }),
    );
    return summarize(
      variants,
      done.filter((one) => one !== undefined),
      await readAllArrivals(simulators),
    );
  } finally {
    control.stop();
    database.disconnect();
  }
}

type FireOnce = {
  readonly quotas: Quotas;
  readonly variant: Variant;
  readonly simulator: BenchSimulator;
  readonly member: Member;
  readonly bundle: string;
  readonly endpoint: string;
  readonly index: number;
};

/** Starts a process, gives it its quota once it has loaded, and lets it fire. */
async function fireOnce({ quotas, variant, bundle, endpoint, index, ...place }: FireOnce): Promise<Firing> {
  const env = {
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  };
  const group = await quotas.group(`on-the-dot-${process.pid}-${index}`, variant.memoryMB / ONE_CORE);
  const child = fork(bundle, { env, execArgv: ['--enable-source-maps'] });
  try {
    await once(child, 'message');
    if (child.pid !== undefined) await group.add(child.pid);
    const opening = { ...place, wanted: await place.simulator.addClass(LOADED_BEFORE, 10) };
    child.send({ ...opening, simulator: { origins: opening.simulator.origins } });
    const fired = Fired.parse((await once(child, 'message'))[0]);
    return { ...fired, variant, opening, throttledMs: await group.throttledMs() };
  } finally {
    await end(child);
    await group.remove();
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

type Arrived = Awaited<ReturnType<typeof readAllArrivals>>;

function summarize(variants: readonly Variant[], firings: readonly Firing[], arrived: Arrived) {
  const lateness = ({ opening: { simulator, wanted } }: Firing) =>
    (arrived.get(simulator)?.get(wanted.classId)?.[0]?.arrivedAt ?? Number.NaN) - wanted.opensAt;
  const rows = variants.map((variant) => {
    const own = firings.filter((one) => one.variant === variant);
    const late = own.map(lateness);
    const { p50, p90, p99, max } = distributionOf(late);
    const [timer, cpu] = [
      distributionOf(own.map(({ told }) => told.timerMs)),
      distributionOf(own.map(({ cpuMs }) => cpuMs)),
    ];
    return {
      ...{ 'memory MB': variant.memoryMB, 'timer’s margin': variant.margin, fired: own.length },
      ...{ early: late.filter((one) => one < 0).length, p50, p90, p99, max },
      ...{ 'timer p50': timer.p50, 'timer p99': timer.p99, 'CPU ms p50': cpu.p50 },
      'stood still ms p50': distributionOf(own.map(({ throttledMs }) => throttledMs)).p50,
      'awake s p50': rounded(distributionOf(own.map(({ told }) => told.awakeMs)).p50 / SECOND, 2),
      'resident MB': rounded(Math.max(...own.map(({ maxRssMB }) => maxRssMB))),
    };
  });
  return { rows, early: rows.reduce((sum, { early }) => sum + early, 0) };
}
