import type { SimulatorOptions } from '../../../infra/simulator/simulator.ts';
import { UpstreamFailure } from '../../../lib/aimharder/client.ts';
import { seeded } from '../../support/firing/simulated-path.ts';
import type { BenchSimulator, Simulators } from '../simulators.ts';
import { startSimulators } from '../simulators.ts';

/** The path of every promised figure: its fixed part each way, in milliseconds, and each request's jitter. */
const FIXED = { minMs: 5, maxMs: 40 };
const JITTER = { jitterMedianMs: 2, jitterSigma: 0.8 };
const STILL = { jitterMedianMs: 0, jitterSigma: 0 };

/** How wrong the clocks are, in milliseconds. A clock that is more than 2.5 s off is not believed (`isPlausible`). */
const SKEW = { least: 100, most: 2_000 };

/** AimHarder works 0.4 to 1.7 s on a booking. */
const WORK = { answerMs: { min: 400, max: 1_700 } } satisfies SimulatorOptions;

export type Setting = Simulators & {
  readonly skews: readonly number[];
  /** Adds jitter to the network, and work to each request. */
  addJitterAndWork(): Promise<void>;
};

/**
 * Starts simulators with wrong clocks, half of them behind, without jitter and work.
 *
 * @param paths `each`: each connection draws the fixed part of its path. `one`: all have the same, as connections of one process
 *   to one address.
 */
export async function stillSimulators(
  count: number,
  seed: number,
  { over = 'tcp', paths = 'each' }: { readonly over?: 'tls' | 'tcp'; readonly paths?: 'each' | 'one' } = {},
): Promise<Setting> {
  const random = seeded(seed);
  const skews = Array.from(
    { length: count },
    (_, index) => (index % 2 ? 1 : -1) * Math.round(SKEW.least + (SKEW.most - SKEW.least) * random()),
  );
  const drawFixed = () => (paths === 'one' ? FIXED.minMs + (FIXED.maxMs - FIXED.minMs) * random() : 0);
  const fixed = { outboundMs: drawFixed(), inboundMs: drawFixed() };
  const options = skews.map((skewMs, index) => ({
    ...{ skewMs, seed: seed + index, path: { ...fixed, ...STILL } },
    ...(paths === 'each' && { pathPerConnection: FIXED }),
  }));
  const started = await startSimulators(options, over);
  return {
    ...{ ...started, skews },
    addJitterAndWork: () => started.set({ path: { ...fixed, ...JITTER }, ...WORK }),
  };
}

/** Reads all booking requests, by simulator and class. */
export async function readAllArrivals(simulators: readonly BenchSimulator[]) {
  const byClass = async (simulator: BenchSimulator) => Map.groupBy(await simulator.arrived(), ({ classId }) => classId);
  return new Map(
    await Promise.all(simulators.map(async (simulator) => [simulator, await byClass(simulator)] as const)),
  );
}

/** A peer that gets no answer is lost; the others race on. */
export const mayGetNoAnswer = (peer: Promise<void>): Promise<void> =>
  peer.catch((error: unknown) => {
    if (!(error instanceof UpstreamFailure)) throw error;
  });
