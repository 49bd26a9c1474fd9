import { parseOptions } from './decode-options.ts';
import { startSimulator } from './simulator.ts';

// Starts a simulator in its own process. The first argument is the options as JSON. Prints the addresses as one line of JSON.
const simulator = await startSimulator(parseOptions(process.argv[2]));

const { origins, demo } = simulator;

process.stdout.write(`${JSON.stringify({ origins, demo, admin: origins.origin.replace(/\/www$/, '/_gym') })}\n`);

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void simulator.stop().then(() => process.exit(0)));
