import { startGym } from './simulator.ts';
import { optionsIn } from './switches.ts';

/** A gym in a process of its own: options as JSON in the first argument; one line of JSON tells where it is. */
const gym = await startGym(optionsIn(process.argv[2]));

const { origins, demo } = gym;

process.stdout.write(`${JSON.stringify({ origins, demo, admin: origins.origin.replace(/\/www$/, '/_gym') })}\n`);

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void gym.stop().then(() => process.exit(0)));
