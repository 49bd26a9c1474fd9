import { afterAll } from 'vitest';
import type { Gym } from '../../../infra/simulator/control.ts';
import { type GymOptions, startGym } from '../../../infra/simulator/simulator.ts';
import { type ManualClock, manualClock } from '../platform/manual-clock.ts';
import { type Browser, browser } from './member.ts';

/** A Thursday in winter, 12:00 in Madrid. */
export const NOON = Date.parse('2026-01-15T11:00:00Z');

export type Scene = { readonly gym: Gym; readonly clock: ManualClock; readonly member: Browser };

/** Opens gyms on a clock that stands still until told, and closes them when the file's tests are done. */
export function scenes() {
  const gyms: Gym[] = [];
  afterAll(async () => {
    await Promise.all(gyms.map((gym) => gym.stop()));
  });
  return async (options: GymOptions = {}): Promise<Scene> => {
    const clock = manualClock(NOON);
    const gym = await startGym({ clock, ...options });
    gyms.push(gym);
    return { gym, clock, member: browser(gym) };
  };
}
