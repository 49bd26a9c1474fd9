import { expect, test } from 'vitest';
import { calibrate, type Probe } from '../../lib/aimharder/calibration.ts';
import type { Connection } from '../../lib/aimharder/connection.ts';
import { aimShot, COMMIT_BEFORE } from '../../lib/firing/fire-prebooking.ts';
import { calibrationEnds, keepOpen } from '../../lib/firing/prepare.ts';
import { SECOND } from '../../lib/platform/clock.ts';
import { FIRING_LEAD } from '../../lib/prebookings/prebooking.ts';
import { seeded, simulatedPath, TYPICAL } from '../support/firing/simulated-path.ts';
import { manualClock } from '../support/platform/manual-clock.ts';

const unhurried = new AbortController().signal;
const OPENS_AT = Date.UTC(2026, 2, 27, 19, 30);

/** The shot, and the two requests that warm its connection and a spare one. */
const OTHERS = 3;

/** Counts the requests of a firing alone. @param offset AimHarder's clock minus ours, in milliseconds. */
async function requestsOf(offset: number, seed: number): Promise<number> {
  const clock = manualClock(OPENS_AT - FIRING_LEAD);
  const { probe } = simulatedPath(clock, { ...TYPICAL, offsets: [offset] }, seeded(seed));
  let requests = 0;
  const counting: Probe = (signal) => {
    requests += 1;
    return probe(signal);
  };
  const until = calibrationEnds(OPENS_AT, clock);
  const calibration = await calibrate({ clock, probe: counting, until, signal: unhurried });
  const deps = { clock, aimSetting: 'default', random: () => 0.5 } as const;
  const { aimed } = aimShot(deps, { opensAt: OPENS_AT }, { calibration }, null);
  const connection: Connection = {
    origins: { origin: '', login: '', box: '' },
    build: () => {
      throw new Error('nobody shoots');
    },
    probe: (_, signal) => counting(signal),
    warm: async () => undefined,
    routeId: () => 'main 1',
    close: () => undefined,
  };
  await keepOpen(clock, connection, { cookies: [], until: aimed.sendAt - COMMIT_BEFORE, signal: unhurried });
  return requests + OTHERS;
}

test('a firing alone sends at most 29 requests, one fewer than promised, however far AimHarder’s clock is from ours', async () => {
  for (let offset = -2.5 * SECOND; offset <= 2.5 * SECOND; offset += 50)
    for (const seed of [1, 2, 3]) expect(await requestsOf(offset, seed)).toBeLessThanOrEqual(29);
});
