import { currentHome } from './bundle-home.ts';

// Prints the folder of the bundled service. In a process of its own, because the bundler would stay in the memory of its caller.
process.stdout.write(await currentHome());
