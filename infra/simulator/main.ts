import { startSimulator } from './simulator.ts';
import { parseOptions } from './switches.ts';

/** A simulator in a process of its own: options as JSON in the first argument; one line of JSON tells where it is. */
const simulator = await startSimulator(parseOptions(process.argv[2]));

const { origins, demo } = simulator;

process.stdout.write(`${JSON.stringify({ origins, demo, admin: origins.origin.replace(/\/www$/, '/_gym') })}\n`);

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void simulator.stop().then(() => process.exit(0)));
