import { runCommand, startService } from './service.ts';
import { readStartOptions } from './start-options.ts';

// The service of `npm start -- --live`, once it is bundled (infra/bundle/bundle-home.ts). The last argument is the folder of its
// functions' bundle.
runCommand(() =>
  startService({
    options: readStartOptions(['--live'], process.env),
    build: async () => String(process.argv.at(-1)),
  }),
);
