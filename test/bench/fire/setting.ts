import type { GymOptions } from '../../../infra/simulator/simulator.ts';
import { seeded } from '../../support/firing/simulated-path.ts';
import type { BenchGym, Gyms } from '../simulators.ts';
import { startGyms } from '../simulators.ts';

/** The path every figure is promised on: each connection draws its fixed part, each way its jitter. */
const PATH = { pathPerConnection: { minMs: 5, maxMs: 40 } } satisfies GymOptions;
const JITTER = { path: { outboundMs: 0, inboundMs: 0, jitterMedianMs: 2, jitterSigma: 0.8 } } satisfies GymOptions;
const STILL = { path: { ...JITTER.path, jitterMedianMs: 0 } } satisfies GymOptions;

/** AimHarder takes 0.4 to 1.7 s over a booking, in milliseconds. */
const WORK = { answerMs: { min: 400, max: 1_700 } } satisfies GymOptions;

/** Gyms whose clocks are 0.1 to 3 s off, as many behind as ahead; no jitter and no work yet. */
export async function stillGyms(count: number, seed: number): Promise<Gyms & { readonly skews: readonly number[] }> {
  const random = seeded(seed);
  const skews = Array.from({ length: count }, (_, index) => (index % 2 ? 1 : -1) * Math.round(100 + 2_900 * random()));
  const options = skews.map((skewMs, index) => ({ ...PATH, ...STILL, skewMs, seed: seed + index }));
  return { ...(await startGyms(options)), skews };
}

/** The network and the programs behave from now on as they do. */
export const enliven = (gyms: Gyms): Promise<void> => gyms.set({ ...JITTER, ...WORK });

/** All bookings that were asked for, by gym and class. */
export async function arrivedAtAll(gyms: readonly BenchGym[]) {
  const byClass = async (gym: BenchGym) => Map.groupBy(await gym.arrived(), ({ classId }) => classId);
  return new Map(await Promise.all(gyms.map(async (gym) => [gym, await byClass(gym)] as const)));
}
