import { migrate } from './command.ts';

/** `npm run migrate`. */
process.exit(
  await migrate(process.argv.slice(2), {
    environment: process.env,
    print: (line) => console.log(line),
    printError: (line) => console.error(line),
  }),
);
