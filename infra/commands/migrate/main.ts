import { migrate } from './command.ts';

/** `npm run migrate`. */
process.exit(
  await migrate(process.argv.slice(2), {
    environment: process.env,
    say: (line) => console.log(line),
    complain: (line) => console.error(line),
  }),
);
