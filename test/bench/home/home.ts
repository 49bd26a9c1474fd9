import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { table } from '../table.ts';
import { findBadAnswers, growthOf, type Sample, takeSamples } from './samples.ts';
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
/**
 * Memory and the data folder are flat if their mean in the last quarter is at most this many times that of the first quarter after
 * the warm-up. What is kept of pre-bookings and bookings may be added to the data folder.
 */
const FLAT = 1.15;
const MAX_RSS_MB = 512;

/** Measures the memory and the data folder of `npm start` under mixed traffic. */
export async function benchHome({ out, minutes, rate, members }: HomeOptions): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'on-the-dot-home-'));
  const { child, url } = await startService(folder, join(out, 'home.log'));
  try {
    const traffic = new Traffic(url, members);
    await traffic.logIn();
    traffic.start(rate);
    const samples = await takeSamples({ rssMb: () => rssMb(child), folder, traffic, minutes });
    await traffic.stop();
    const broken = findBrokenPromises(samples, traffic);
    const report = [
      `${members} members, ${rate} requests a second for ${minutes} minutes`,
      table(samples),
      JSON.stringify(traffic.answered, undefined, 1),
      `promised: no 5xx, memory flat and at most ${MAX_RSS_MB} MB, data folder flat but for the pre-bookings and bookings that are kept`,
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

function findBrokenPromises(samples: readonly Sample[], { answered }: Traffic): readonly string[] {
  const judged = samples.slice(Math.ceil(samples.length * WARM_UP_SHARE));
  const records = growthOf(judged, 'recordsMb');
  const grown = (['rssMb', 'folderMb'] as const)
    .map((name) => ({ name, ...growthOf(judged, name) }))
    .filter(({ name, from, to }) => to > FLAT * from + (name === 'folderMb' ? records.to - records.from : 0))
    .map(({ name, from, to }) => `${name} grew from ${from.toFixed(0)} to ${to.toFixed(0)}`);
  const peak = Math.max(...judged.map((sample) => sample.rssMb));
  return [...grown, ...(peak > MAX_RSS_MB ? [`${peak} MB were resident`] : []), ...findBadAnswers(answered)];
}
