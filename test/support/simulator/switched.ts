import { afterAll } from 'vitest';
import type { Simulator } from '../../../infra/simulator/control.ts';
import { type SimulatorOptions, startSimulator } from '../../../infra/simulator/simulator.ts';
import { type ManualClock, manualClock } from '../platform/manual-clock.ts';
import { type Browser, browser } from './member.ts';

/** A Thursday in winter, 12:00 in Madrid. */
export const NOON = Date.parse('2026-01-15T11:00:00Z');

export type Scene = { readonly simulator: Simulator; readonly clock: ManualClock; readonly member: Browser };

/** Returns a function that starts simulators on a manual clock. They are stopped after the file's tests. */
export function scenes() {
  const simulators: Simulator[] = [];
  afterAll(async () => {
    await Promise.all(simulators.map((simulator) => simulator.stop()));
  });
  return async (options: SimulatorOptions = {}): Promise<Scene> => {
    const clock = manualClock(NOON);
    const simulator = await startSimulator({ clock, ...options });
    simulators.push(simulator);
    return { simulator, clock, member: browser(simulator) };
  };
}
