import type { SimulatorOptions } from '../../../infra/simulator/simulator.ts';
import { seeded } from '../../support/firing/simulated-path.ts';
import type { BenchSimulator, Simulators } from '../simulators.ts';
import { startSimulators } from '../simulators.ts';

/** The path of every promised figure: each connection draws its fixed part, each direction its jitter. */
const PATH = { pathPerConnection: { minMs: 5, maxMs: 40 } } satisfies SimulatorOptions;
const JITTER = {
  path: { outboundMs: 0, inboundMs: 0, jitterMedianMs: 2, jitterSigma: 0.8 },
} satisfies SimulatorOptions;
const STILL = { path: { ...JITTER.path, jitterMedianMs: 0 } } satisfies SimulatorOptions;

/** AimHarder works 0.4 to 1.7 s on a booking. */
const WORK = { answerMs: { min: 400, max: 1_700 } } satisfies SimulatorOptions;

/** Starts simulators with clocks 0.1 to 3 s wrong, half of them behind, without jitter and work. */
export async function stillSimulators(
  count: number,
  seed: number,
  over: 'tls' | 'tcp' = 'tcp',
): Promise<Simulators & { readonly skews: readonly number[] }> {
  const random = seeded(seed);
  const skews = Array.from({ length: count }, (_, index) => (index % 2 ? 1 : -1) * Math.round(100 + 2_900 * random()));
  const options = skews.map((skewMs, index) => ({ ...PATH, ...STILL, skewMs, seed: seed + index }));
  return { ...(await startSimulators(options, over)), skews };
}

/** Adds jitter to the network, and work to each request. */
export const addJitterAndWork = (simulators: Simulators): Promise<void> => simulators.set({ ...JITTER, ...WORK });

/** Reads all booking requests, by simulator and class. */
export async function readAllArrivals(simulators: readonly BenchSimulator[]) {
  const byClass = async (simulator: BenchSimulator) => Map.groupBy(await simulator.arrived(), ({ classId }) => classId);
  return new Map(
    await Promise.all(simulators.map(async (simulator) => [simulator, await byClass(simulator)] as const)),
  );
}
