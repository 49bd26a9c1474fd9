import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { MINUTE } from '../../../lib/platform/clock.ts';
import type { Answered, Traffic } from './traffic.ts';

const MB = 2 ** 20;

/** What a pre-booking or a booking takes in the data folder, in MB. It is kept for 90 days, also if it was withdrawn. */
const RECORD_MB = 0.0015;

/**
 * @property recordsMb what the pre-bookings and bookings that were made so far take of `folderMb`, by `RECORD_MB`.
 * @property failed answers of 5xx so far.
 */
export type Sample = Readonly<Record<'minute' | 'rssMb' | 'folderMb' | 'recordsMb' | 'requests' | 'failed', number>>;
type Measured = 'rssMb' | 'folderMb' | 'recordsMb';

type SampleOptions = {
  /** Measures the resident memory of the service, in MB. */
  readonly rssMb: () => number | Promise<number>;
  readonly folder: string;
  readonly traffic: Traffic;
  readonly minutes: number;
};

/** Measures memory and data folder once a minute. */
export async function takeSamples({ rssMb, folder, traffic, minutes }: SampleOptions): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  for (let minute = 0; minute <= minutes; minute += 1) {
    if (minute > 0) await new Promise((resolve) => setTimeout(resolve, MINUTE));
    const { requests, byStatus } = traffic.answered;
    const failed = Object.entries(byStatus).reduce((sum, [status, count]) => sum + (isFailure(status) ? count : 0), 0);
    const folderMb = Math.round(folderSize(folder) / MB);
    const recordsMb = Number((RECORD_MB * (byStatus[201] ?? 0)).toFixed(1));
    const sample = { minute, rssMb: await rssMb(), folderMb, recordsMb, requests, failed };
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

/** Compares the means of the first and of the last quarter of some samples. */
export function growthOf(samples: readonly Sample[], name: Measured): { readonly from: number; readonly to: number } {
  const quarter = Math.ceil(samples.length / 4);
  return { from: mean(samples.slice(0, quarter), name), to: mean(samples.slice(-quarter), name) };
}

const mean = (samples: readonly Sample[], name: Measured): number =>
  samples.reduce((sum, sample) => sum + sample[name], 0) / Math.max(1, samples.length);

/** Tells the answers that no promise allows. */
export const findBadAnswers = ({ byStatus, unanswered }: Answered): readonly string[] => [
  ...Object.keys(byStatus)
    .filter(isFailure)
    .map((status) => `answered ${status}`),
  ...(unanswered > 0 ? [`${unanswered} requests got no answer`] : []),
];
