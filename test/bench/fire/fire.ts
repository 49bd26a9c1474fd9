import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { plotOfShares } from '../plot.ts';
import { table } from '../table.ts';
import { independentRaces, type Race, WAYS } from './independent.ts';
import { type Crowd, crowd } from './simultaneous.ts';
import { type CrowdSummary, type ReportSummary, summarize, summarizeCrowd, summarizeTls, verdicts } from './summary.ts';

export type FireOptions = {
  readonly out: string;
  readonly races: number;
  readonly crowds: readonly number[];
  /** How many openings are raced over TLS. */
  readonly tls: number;
  readonly seed: number;
};

/** Measures how late the first shot arrives, beside other ways and in crowds. Writes JSON, a table and a plot. */
export async function benchFire({ out, races: count, crowds: sizes, tls: tlsCount, seed }: FireOptions): Promise<void> {
  console.log(
    `${count} openings, each with all ways side by side; about ${Math.ceil(2.2 + (count * 0.15) / 60)} minutes`,
  );
  const races = await independentRaces(count, seed);
  const crowds: Crowd[] = [];
  for (const [index, size] of sizes.entries()) {
    console.log(`${size} members at one opening; about a minute and a half`);
    crowds.push(await crowd(size, seed + 100 + index));
  }
  if (tlsCount > 0)
    console.log(`${tlsCount} openings over TLS; about ${Math.ceil(2 + (tlsCount * 0.15) / 60)} minutes`);
  const tls = tlsCount > 0 ? summarizeTls(await independentRaces(tlsCount, seed + 200, 'tls')) : undefined;
  const summary = { ...summarize(races), crowds: crowds.map(summarizeCrowd), ...(tls && { tls }) };
  const report = textOf(summary);
  const measured = {
    promises: verdicts(summary, summary.crowds),
    ...summary,
    races,
    crowds: undefined,
    members: crowds,
  };
  console.log(report);
  await writeFile(join(out, 'fire.txt'), `${report}\n`);
  await writeFile(
    join(out, 'fire.json'),
    `${JSON.stringify({ seed, ...measured, machine: machine() }, undefined, 1)}\n`,
  );
  await writeFile(join(out, 'fire.svg'), await plot(races));
}

const machine = () => ({
  node: process.version,
  platform: `${process.platform} ${process.arch}`,
  cores: availableParallelism(),
});

type Summary = ReturnType<typeof summarize> & {
  readonly crowds: readonly CrowdSummary[];
  readonly tls?: ReturnType<typeof summarizeTls>;
};

function textOf(summary: Summary): string {
  const { ways, told, crowds, tls } = summary;
  const wayRows = ways.map(({ way, firstShot, early, booked, place, first }) => ({
    way,
    early,
    'first shot p50': firstShot.p50,
    p90: firstShot.p90,
    p99: firstShot.p99,
    max: firstShot.max,
    booked,
    'place p50': place?.p50 ?? '–',
    'place p99': place?.p99 ?? '–',
    first: way === 'oracle' ? '–' : first,
  }));
  const crowdRows = crowds.map(({ members, fired, booked, early, onTheDot, oracle, heldTooLong, requests }) => ({
    members,
    fired,
    booked,
    early,
    'on the dot p50': onTheDot.p50,
    p99: onTheDot.p99,
    max: onTheDot.max,
    'oracle p50': oracle.p50,
    'oracle p99': oracle.p99,
    'held p99': heldTooLong.p99,
    requests: requests.mean,
    most: requests.max,
  }));
  return [
    'Milliseconds after the opening, by the simulator’s clock. First: at how many openings it was the first, the oracle left out.',
    table(wayRows),
    `Reported lateness: within the bound in ${told.withinBound} of ${told.error.count}; error p50 ${told.error.p50}, p99 ${told.error.p99}; bound p50 ${told.bound.p50}.`,
    `From the aimed instant to writing the request (timer, event loop): p50 ${told.heldTooLong.p50}, p99 ${told.heldTooLong.p99}, max ${told.heldTooLong.max}.`,
    `Round trips of the probes, upper quartile minus the shortest: p50 ${told.uneven.p50}, p99 ${told.uneven.p99}.`,
    '\nThe parts of our lateness, alone',
    table(partRows(told)),
    `Requests of a firing, the shot included: p50 ${told.requests.p50}, at most ${told.requests.max}. Awake for p50 ${told.awake.p50} ms.`,
    ...(tls ? ['\nOver TLS 1.3', table(tls.ways.map(tlsRow)), table(partRows(tls.told))] : []),
    ...(crowdRows.length > 0 ? ['\nMany members, one opening, one process', table(crowdRows)] : []),
    `\n${table(verdicts(summary, crowds))}`,
  ].join('\n');
}

const tlsRow = ({
  way,
  early,
  firstShot: { p50, p90, p99, max },
}: ReturnType<typeof summarizeTls>['ways'][number]) => ({
  ...{ way, early, 'first shot p50': p50, p90, p99, max },
});

const partRows = ({ parts: { margin, bracket, timer, eventLoop, rest } }: ReportSummary) =>
  Object.entries({
    margin,
    bracket,
    timer,
    'event loop': eventLoop,
    'error of the likely arrival, jitter of the shot': rest,
  }).map(([part, { p50, p90, p99, max }]) => ({ part, p50, p90, p99, max }));

const plot = (races: readonly Race[]): Promise<string> =>
  plotOfShares(
    `When the first shot arrives (${races.length} openings)`,
    WAYS.map((way) => ({ name: way, values: races.map(({ first }) => first[way]).filter(Number.isFinite) })),
  );
