import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../lib/platform/system-clock.ts';
import { rounded } from './distribution.ts';
import { rssMb, startService, stopService } from './home/service.ts';

/** The routes that are asked once the service has started: each starts a worker. */
const FIRST_REQUESTS = ['/v1/health', '/openapi.json'];

/** Measures how long `npm start` takes on an empty data folder and on the same one again, and its resident memory. */
export async function measureStartUp() {
  const folder = await mkdtemp(join(tmpdir(), 'bench-start-'));
  try {
    const data = join(folder, 'data');
    const rows = [];
    for (const start of ['empty data folder', 'the same again', 'and again']) {
      const begun = systemClock.monotonic();
      const { child, url } = await startService(data, join(folder, 'log'));
      const ready = systemClock.monotonic() - begun;
      const resident = rssMb(child);
      const asked = systemClock.monotonic();
      for (const path of FIRST_REQUESTS) await (await fetch(new URL(path, url))).arrayBuffer();
      rows.push({
        'npm start': start,
        'ready ms': rounded(ready, 0),
        'resident MB': resident,
        'first requests ms': rounded(systemClock.monotonic() - asked, 0),
        'resident MB then': rssMb(child),
      });
      await stopService(child);
    }
    return rows;
  } finally {
    await rm(folder, { recursive: true });
  }
}
