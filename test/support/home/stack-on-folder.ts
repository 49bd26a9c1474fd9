import { join } from 'node:path';
import { inject } from 'vitest';
import { DATA_FILES } from '../../../infra/local/data-files.ts';
import { openDataFolder } from '../../../infra/local/data-folder.ts';
import { createMovableClock } from '../../../infra/local/movable-clock.ts';
import { loadSecrets } from '../../../infra/local/secrets-manager.ts';
import { startStack } from '../../../infra/local/stack.ts';
import { startSimulator } from '../../../infra/simulator/simulator.ts';
import type { Instant } from '../../../lib/platform/clock.ts';
import { toIso } from '../../../lib/platform/dynamodb.ts';
import { systemClock } from '../../../lib/platform/system-clock.ts';
import { apiClient } from '../stories/api-client.ts';
import { journal } from '../stories/journal.ts';

/** Makes a clock that is at some instant, which may be past. */
export function clockAt(instant: Instant) {
  const clock = createMovableClock();
  new Float64Array(clock.state)[0] = instant - systemClock.now();
  return clock;
}

/** Starts the service and the simulator on a data folder, as `npm start` does, but by a clock that moves. */
export async function startOnFolder(dataDir: string, clock: ReturnType<typeof createMovableClock>) {
  const close = openDataFolder(dataDir, 'simulated');
  const simulator = await startSimulator({ statePath: join(dataDir, DATA_FILES.simulator), clock });
  const { write, lines, logged } = journal();
  const stack = await startStack({
    ...{ dataDir, clock, origins: simulator.origins, bundles: inject('bundles'), log: write },
    secrets: loadSecrets(dataDir, undefined),
    startsRecurring: false,
    maxLatenessMs: 0,
  });
  const sweep = () => stack.invoke('sweep', { scheduledTime: toIso(clock.now()) });
  await sweep();
  return {
    ...{ stack, simulator, lines, logged, sweep },
    as: (accessToken?: string) => apiClient(stack.url, accessToken),
    async stop() {
      await stack.stop();
      await simulator.stop();
      close();
    },
  };
}
