import { runMemberCommand } from './command.ts';

/** `npm run member`. */
process.exit(
  await runMemberCommand(process.argv.slice(2), {
    environment: process.env,
    print: (line) => console.log(line),
    printError: (line) => console.error(line),
  }),
);
