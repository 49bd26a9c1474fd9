import { Email } from '../../../lib/http/fields.ts';
import type { Environment } from '../../../lib/platform/environment.ts';
import { type MemberTarget, openTarget } from './target.ts';

const USAGE = `npm run member -- delete <email>
  Deletes everything that is stored about a member. What AimHarder has booked stays booked.

With END_ACCOUNT_FUNCTION_ARN set to the stack's output EndAccountFunction, the command works on AWS. Without it, it works on
the data folder of npm start (DATA_DIR); npm start must not be running.`;

/** After how many seconds to run the command again, if the answer names no time. */
const DEFAULT_RETRY_AFTER = 60;

export type Terminal = {
  readonly environment: Environment;
  readonly print: (line: string) => void;
  readonly printError: (line: string) => void;
};

/**
 * Runs `npm run member`.
 *
 * @returns the exit code: 0 if the member's account is deleted, 1 if not, 2 if the arguments are wrong.
 */
export async function runMemberCommand(
  argv: readonly string[],
  { environment, print, printError }: Terminal,
): Promise<number> {
  const [command, address, ...extra] = argv;
  const email = Email.safeParse(address);
  if (command !== 'delete' || !email.success || extra.length > 0) {
    printError(USAGE);
    return 2;
  }
  try {
    const target = await openTarget(environment);
    try {
      return await deleteMember(target, email.data, { environment, print, printError });
    } finally {
      await target.close();
    }
  } catch (error) {
    printError(error instanceof Error ? error.message : 'The deletion failed. Run the command again.');
    return 1;
  }
}

async function deleteMember(target: MemberTarget, email: string, { print, printError }: Terminal): Promise<number> {
  const { isDone, retryAfter } = await target.endAccount({ why: 'operator', email });
  if (isDone) {
    print(`Nothing about ${email} is stored any more on ${target.name}.`);
    return 0;
  }
  printError(
    `One of the member's pre-bookings is being fired, so nothing was deleted. Run the command again in ${retryAfter ?? DEFAULT_RETRY_AFTER} s.`,
  );
  return 1;
}
