import { currentHomeBundle } from './bundle-home.ts';

// Prints the folder of the bundled service. It is a process of its own, because the bundler would stay in the service's memory.
process.stdout.write(await currentHomeBundle());
