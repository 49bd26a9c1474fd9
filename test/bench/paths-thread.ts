import { parentPort, workerData } from 'node:worker_threads';
import * as z from 'zod/mini';
import { PATH_KINDS } from '../support/firing/path-kinds.ts';
import { simulateShots } from '../support/firing/simulated-shots.ts';

const { name, shots, seed, sharing } = z
  .object({ name: z.string(), shots: z.number(), seed: z.number(), sharing: z.number() })
  .parse(workerData);
const kind = PATH_KINDS.find((one) => one.name === name);
if (!kind) throw new Error(`no such kind of path: ${name}`);
parentPort?.postMessage(simulateShots(kind, shots, seed, sharing));
