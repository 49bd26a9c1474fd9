import { runCommand, startService } from './service.ts';
import { readStartOptions } from './start-options.ts';

// The entry of the bundled service (infra/bundle/bundle-home.ts), which `npm start -- --live` runs. The last argument is the folder
// of the functions' bundle.
runCommand(() =>
  startService({
    options: readStartOptions(['--live'], process.env),
    build: async () => String(process.argv.at(-1)),
  }),
);
