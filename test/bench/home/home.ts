import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MINUTE } from '../../../lib/platform/clock.ts';
import { table } from '../table.ts';
import { rssMb, startService, stopService } from './service.ts';
import { Traffic } from './traffic.ts';

export type HomeOptions = {
  readonly out: string;
  readonly minutes: number;
  /** Requests a second. */
  readonly rate: number;
  readonly members: number;
};

/** The first part of the run is not judged: functions start, and the database makes its first files. */
const WARM_UP_SHARE = 1 / 6;
/** Memory and the data folder are flat if their mean in the last quarter is at most this many times that of the first quarter after the warm-up. */
const FLAT = 1.15;
const MAX_RSS_MB = 512;
const MB = 2 ** 20;

/** @property failed answers of 5xx so far. */
type Sample = Readonly<Record<'minute' | 'rssMb' | 'folderMb' | 'requests' | 'failed', number>>;

/** Measures the memory and the data folder of `npm start` under mixed traffic. */
export async function benchHome({ out, minutes, rate, members }: HomeOptions): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'on-the-dot-home-'));
  const { child, url } = await startService(folder, join(out, 'home.log'));
  try {
    const traffic = new Traffic(url, members);
    await traffic.logIn();
    traffic.start(rate);
    const samples = await takeSamples(child, folder, traffic, minutes);
    await traffic.stop();
    const broken = findBrokenPromises(samples, traffic);
    const report = [
      `${members} members, ${rate} requests a second for ${minutes} minutes`,
      table(samples),
      JSON.stringify(traffic.answered, undefined, 1),
      `promised: no 5xx, memory and data folder flat, at most ${MAX_RSS_MB} MB`,
      ...broken.map((promise) => `BROKEN: ${promise}`),
    ].join('\n');
    console.log(report);
    await writeFile(join(out, 'home.txt'), `${report}\n`);
    await writeFile(join(out, 'home.json'), `${JSON.stringify({ samples, ...traffic.answered }, undefined, 1)}\n`);
    if (broken.length > 0) process.exitCode = 1;
  } finally {
    await stopService(child);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function takeSamples(child: ChildProcess, folder: string, traffic: Traffic, minutes: number): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (let minute = 0; minute <= minutes; minute += 1) {
    if (minute > 0) await new Promise((resolve) => setTimeout(resolve, MINUTE));
    const { requests, byStatus } = traffic.answered;
    const failed = Object.entries(byStatus).reduce((sum, [status, count]) => sum + (isFailure(status) ? count : 0), 0);
    const sample = { minute, rssMb: rssMb(child), folderMb: Math.round(folderSize(folder) / MB), requests, failed };
    samples.push(sample);
    console.log(JSON.stringify(sample));
  }
  return samples;
}

const isFailure = (status: string): boolean => status.startsWith('5');

/** Adds up what the files of a folder take on the disk, in bytes. A file may go while it is counted. */
function folderSize(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0)
    .reduce((sum, size) => sum + size, 0);
}

function findBrokenPromises(samples: readonly Sample[], { answered }: Traffic): readonly string[] {
  const judged = samples.slice(Math.ceil(samples.length * WARM_UP_SHARE));
  const quarter = Math.ceil(judged.length / 4);
  const grown = (['rssMb', 'folderMb'] as const)
    .map((name) => ({ name, from: mean(judged.slice(0, quarter), name), to: mean(judged.slice(-quarter), name) }))
    .filter(({ from, to }) => to > FLAT * from)
    .map(({ name, from, to }) => `${name} grew from ${from.toFixed(0)} to ${to.toFixed(0)}`);
  const peak = Math.max(...judged.map((sample) => sample.rssMb));
  const failed = Object.keys(answered.byStatus).filter(isFailure);
  return [
    ...grown,
    ...(peak > MAX_RSS_MB ? [`${peak} MB were resident`] : []),
    ...failed.map((status) => `answered ${status}`),
    ...(answered.unanswered > 0 ? [`${answered.unanswered} requests got no answer`] : []),
  ];
}

const mean = (samples: readonly Sample[], name: 'rssMb' | 'folderMb'): number =>
  samples.reduce((sum, sample) => sum + sample[name], 0) / Math.max(1, samples.length);
