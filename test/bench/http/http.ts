import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { distributionOf } from '../distribution.ts';
import { startSimulators } from '../simulators.ts';
import { table } from '../table.ts';
import { trustCertificate } from '../tls-front.ts';
import { type Handshakes, startPath, TLS_VERSIONS, type TlsVersion } from './path.ts';
import { openRoutes, ROUTES, type Routes, WAYS, type Way } from './routes.ts';

/** The delay between a function and AimHarder, one way, in milliseconds. */
const DELAY = 15;

/** Measures listing and booking on a warm function, by what becomes of its connections to AimHarder after each call. */
export async function benchHttp({ out, calls }: { readonly out: string; readonly calls: number }): Promise<void> {
  trustCertificate();
  const rows: Row[] = [];
  for (const version of TLS_VERSIONS) rows.push(...(await measure(version, calls)));
  const report = [
    `Milliseconds of a call on a warm function. ${DELAY} ms each way to AimHarder, which answers at once. ${calls} calls each, alternately.`,
    table(rows),
  ].join('\n');
  console.log(report);
  await writeFile(join(out, 'http.txt'), `${report}\n`);
  await writeFile(join(out, 'http.json'), `${JSON.stringify({ delayMs: DELAY, calls, rows }, undefined, 1)}\n`);
}

type Row = {
  readonly tls: TlsVersion;
  readonly route: string;
  readonly connections: Way;
  readonly p50: number;
  readonly p99: number;
  readonly handshakes: string;
};

async function measure(tls: TlsVersion, calls: number): Promise<readonly Row[]> {
  const { simulators, stop } = await startSimulators([{}]);
  const [simulator] = simulators;
  if (!simulator) throw new Error('there is one simulator');
  const path = await startPath(simulator.origins, DELAY, tls);
  const routes = await openRoutes(simulator, path.origins);
  try {
    const rows: Row[] = [];
    for (const route of ROUTES)
      rows.push(...(await measureRoute(routes, route, calls, path.handshakes)).map((row) => ({ tls, ...row })));
    return rows;
  } finally {
    await routes.stop();
    path.stop();
    stop();
  }
}

/** Calls one route in all ways, one call after the other. The first call of each way is left out: it is not warm yet. */
async function measureRoute(
  { call }: Routes,
  route: (typeof ROUTES)[number],
  calls: number,
  handshakes: () => Promise<Handshakes>,
): Promise<readonly Omit<Row, 'tls'>[]> {
  const seen = WAYS.map((way) => ({ way, times: [] as number[], full: 0, resumed: 0 }));
  for (let turn = 0; turn <= calls; turn += 1) {
    for (const one of seen) {
      const before = await handshakes();
      const { took, undo } = await call(route, one.way);
      const after = await handshakes();
      await undo();
      if (turn === 0) continue;
      one.times.push(took);
      one.full += after.full - before.full;
      one.resumed += after.resumed - before.resumed;
    }
  }
  return seen.map(({ way, times, full, resumed }) => {
    const { p50, p99 } = distributionOf(times);
    return { route, connections: way, p50, p99, handshakes: `${full} new, ${resumed} resumed` };
  });
}
