import { currentHome } from './bundle-home.ts';

// Prints the folder of the bundled service. A process of its own does this, because the bundler would stay in its memory.
process.stdout.write(await currentHome());
