import { parseOptions } from './decode-options.ts';
import { startSimulator } from './simulator.ts';

// Starts a simulator in its own process. The first argument is the options as JSON. Prints one line of JSON: AimHarder's
// simulated addresses, the demo's member, and `admin`, the address by which other processes control the simulator.
const simulator = await startSimulator(parseOptions(process.argv[2]));

const { origins, demo } = simulator;
const admin = origins.origin.replace(/\/www$/, '/_gym');

process.stdout.write(`${JSON.stringify({ origins, demo, admin })}\n`);

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void simulator.stop().then(() => process.exit(0)));
