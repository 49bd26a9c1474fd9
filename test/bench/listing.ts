import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AimHarder } from '../../lib/aimharder/client.ts';
import { listingRequest } from '../../lib/aimharder/requests.ts';
import { transport } from '../../lib/aimharder/transport.ts';
import { classView } from '../../lib/listings/class-view.ts';
import { joinDay } from '../../lib/listings/join-day.ts';
import { HOUR } from '../../lib/platform/clock.ts';
import { systemClock as clock } from '../../lib/platform/system-clock.ts';
import { distributionOf, rounded } from './distribution.ts';
import { startSimulators } from './simulators.ts';
import { table } from './table.ts';

const CLASSES = 40;
const WARM_UP = 50;
const RUNS = 500;

/**
 * Measures the time from the request for a day of 40 classes to the mapped answer, beside a bare request for the same bytes
 * with `JSON.parse`. Both run in turn, each over its own open connection, against a simulator in another process.
 */
export async function benchListing(out: string): Promise<void> {
  const { simulators, stop } = await startSimulators([{}]);
  try {
    const [simulator] = simulators;
    if (!simulator) throw new Error('a listing needs a simulator');
    const { session } = await simulator.logIn('listing@bench.example');
    const { box, boxId, day } = await simulator.addClass(HOUR, 14);
    const query = { box, boxId, day };
    const aimHarder = new AimHarder({ origins: simulator.origins, clock, connections: 1 });
    const wire = transport(clock, 1);
    const never = new AbortController().signal;
    const listed = () => aimHarder.listClasses(session, query, never);
    for (let count = (await listed()).length; count < CLASSES; count += 1) await simulator.addClass(HOUR, 14);
    const stored = { familyId: null, orders: [], routines: [], rule: { daysBefore: 4 } };
    const mapped = async () => {
      const joined = { box, day: { day, classes: await listed() }, ...stored };
      return joinDay({ boxSettings: { timezones: new Map() } }, joined).map((one) => classView(one, clock.now()));
    };
    const ways = {
      'mapped answer': async () => JSON.stringify(await mapped()).length,
      'bare JSON.parse': async () =>
        JSON.parse((await wire.exchange(listingRequest(simulator.origins, session, query), never)).body).bookings
          .length,
    };
    const taken: Record<keyof typeof ways, number[]> = { 'mapped answer': [], 'bare JSON.parse': [] };
    for (let run = -WARM_UP; run < RUNS; run += 1) {
      for (const way of ['mapped answer', 'bare JSON.parse'] as const) {
        const begun = clock.monotonic();
        await ways[way]();
        if (run >= 0) taken[way].push(clock.monotonic() - begun);
      }
    }
    wire.close();
    await report(out, (await listed()).length, taken);
  } finally {
    stop();
  }
}

async function report(out: string, classes: number, taken: Readonly<Record<string, readonly number[]>>): Promise<void> {
  const rows = Object.entries(taken).map(([way, values]) => {
    const { p50, p99, max } = distributionOf(values.map((millis) => millis * 1_000));
    return { way, classes, 'p50 µs': p50, 'p99 µs': p99, 'max µs': max };
  });
  const [ours, bare] = rows;
  const ratio = rounded((ours?.['p50 µs'] ?? Number.NaN) / (bare?.['p50 µs'] ?? Number.NaN), 2);
  const text = `${table(rows)}\nthe mapped answer takes ${ratio} times the bare one`;
  console.log(text);
  await writeFile(join(out, 'listing.txt'), `${text}\n`);
  await writeFile(join(out, 'listing.json'), `${JSON.stringify({ rows, ratio }, undefined, 1)}\n`);
}
