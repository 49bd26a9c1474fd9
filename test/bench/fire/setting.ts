import type { SimulatorOptions } from '../../../infra/simulator/simulator.ts';
import { seeded } from '../../support/firing/simulated-path.ts';
import type { BenchSimulator, Simulators } from '../simulators.ts';
import { startSimulators } from '../simulators.ts';

/** The path every figure is promised on: each connection draws its fixed part, each way its jitter. */
const PATH = { pathPerConnection: { minMs: 5, maxMs: 40 } } satisfies SimulatorOptions;
const JITTER = {
  path: { outboundMs: 0, inboundMs: 0, jitterMedianMs: 2, jitterSigma: 0.8 },
} satisfies SimulatorOptions;
const STILL = { path: { ...JITTER.path, jitterMedianMs: 0 } } satisfies SimulatorOptions;

/** AimHarder takes 0.4 to 1.7 s over a booking, in milliseconds. */
const WORK = { answerMs: { min: 400, max: 1_700 } } satisfies SimulatorOptions;

/** Simulators whose clocks are 0.1 to 3 s off, as many behind as ahead; no jitter and no work yet. */
export async function stillSimulators(
  count: number,
  seed: number,
): Promise<Simulators & { readonly skews: readonly number[] }> {
  const random = seeded(seed);
  const skews = Array.from({ length: count }, (_, index) => (index % 2 ? 1 : -1) * Math.round(100 + 2_900 * random()));
  const options = skews.map((skewMs, index) => ({ ...PATH, ...STILL, skewMs, seed: seed + index }));
  return { ...(await startSimulators(options)), skews };
}

/** The network and the programs behave from now on as they do. */
export const enliven = (simulators: Simulators): Promise<void> => simulators.set({ ...JITTER, ...WORK });

/** All bookings that were asked for, by simulator and class. */
export async function arrivedAtAll(simulators: readonly BenchSimulator[]) {
  const byClass = async (simulator: BenchSimulator) => Map.groupBy(await simulator.arrived(), ({ classId }) => classId);
  return new Map(
    await Promise.all(simulators.map(async (simulator) => [simulator, await byClass(simulator)] as const)),
  );
}
