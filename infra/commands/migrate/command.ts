import { parseArgs } from 'node:util';
import { AimHarder } from '../../../lib/aimharder/client.ts';
import type { Environment } from '../../../lib/platform/environment.ts';
import { systemClock as clock } from '../../../lib/platform/system-clock.ts';
import { countPartitions, parseWheel } from '../../../lib/refresh/timing-wheel.ts';
import { SessionStore } from '../../../lib/sessions/session-store.ts';
import { SessionTokens } from '../../../lib/sessions/session-tokens.ts';
import { importSessions } from './import.ts';
import type { ImportCounts } from './import-member.ts';
import { type ExportedRow, formatOf, readExport } from './read-export.ts';
import { rollback } from './rollback.ts';
import { findUpstream, type MigrationTarget, openTarget } from './target.ts';

const USAGE = `npm run migrate -- import <auth_sessions.csv|json> [--write] [--offline]
  Imports an export of the predecessor's table. Without --write it only counts. --offline does not ask AimHarder which
  sessions are alive.
npm run migrate -- rollback <file.csv|json> [--write]
  Exports one session per member in the predecessor's format, and a backup of all sessions. Without --write it only counts.

With SESSIONS_TABLE, KEYS_SECRET_ID and SALT_SECRET_ID set, the command works on AWS. Without them it works on the data
folder of npm start (DATA_DIR); npm start must not be running.`;

/** The parts of its process that the command uses. */
export type Terminal = {
  readonly environment: Environment;
  readonly print: (line: string) => void;
  readonly printError: (line: string) => void;
};

type Arguments = {
  readonly command: 'import' | 'rollback';
  readonly file: string;
  readonly write: boolean;
  readonly offline: boolean;
};

/**
 * Runs `npm run migrate`.
 *
 * @returns the exit code: 0 if everything is done, 1 if something is left to do, 2 if the arguments are wrong.
 */
export async function migrate(argv: readonly string[], terminal: Terminal): Promise<number> {
  const args = parseArguments(argv);
  if (!args) {
    terminal.printError(USAGE);
    return 2;
  }
  try {
    return await run(args, terminal);
  } catch (error) {
    terminal.printError(messageOf(error));
    return 1;
  }
}

/** Parses the arguments. @returns undefined if they are wrong. */
function parseArguments(argv: readonly string[]): Arguments | undefined {
  const flag = { type: 'boolean', default: false } as const;
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: { write: flag, offline: flag },
    });
    const [command, file, ...extra] = positionals;
    if (file === undefined || extra.length > 0) return undefined;
    if (command === 'import') return { command, file, ...values };
    return command === 'rollback' && !values.offline ? { command, file, ...values } : undefined;
  } catch {
    return undefined;
  }
}

async function run(args: Arguments, terminal: Terminal): Promise<number> {
  const { command, file } = args;
  // Throws if the file's name has a wrong ending, before the target is opened.
  formatOf(file);
  const rows = command === 'import' ? readExport(file) : [];
  const target = await openTarget(terminal.environment);
  try {
    terminal.print(`On ${target.name}:`);
    if (command === 'rollback') return await runRollback(target, args, terminal);
    return await runImport(target, args, rows, terminal);
  } finally {
    await target.close();
  }
}

async function runImport(
  target: MigrationTarget,
  { write, offline }: Arguments,
  rows: readonly ExportedRow[],
  { environment, print, printError }: Terminal,
): Promise<number> {
  const origins = offline ? undefined : findUpstream(environment, target);
  if (!origins && !offline)
    print(
      'The three AIMHARDER_* variables are not set, so AimHarder is not asked (as with --offline): no session is proven alive.',
    );
  const aimHarder = origins && new AimHarder({ origins, clock });
  // Each session that is proven alive gets a partition of the refresh index.
  const refreshPartitions = countPartitions(parseWheel(environment));
  const { counts, failure } = await importSessions(
    { ...target, clock, refreshPartitions, aimHarder, print },
    rows,
    write,
  );
  for (const line of summarize(rows.length, counts, write)) print(line);
  const unanswered = counts.unanswered + counts.existingUnanswered;
  if (unanswered > 0)
    printError(
      `AimHarder gave no answer about ${unanswered} sessions. Run the import again later to prove them alive.`,
    );
  if (failure !== undefined) printError(`The import stopped: ${messageOf(failure)}`);
  const areAllRefused = counts.refused === rows.length;
  if (areAllRefused) printError('The file has no rows, or every row is refused.');
  return unanswered > 0 || failure !== undefined || areAllRefused ? 1 : 0;
}

function summarize(rows: number, counts: ImportCounts, write: boolean): readonly string[] {
  const { background, device, foreignFingerprint, expired, refused, leftOut } = counts;
  const { written, alive, needLogin, unanswered, existing, existingNeedLogin, existingUnanswered } = counts;
  return [
    `${rows} rows: ${background} background, ${device} device, ${expired} expired, ${refused} refused`,
    ...(foreignFingerprint > 0
      ? [
          `${foreignFingerprint} background rows have a fingerprint made with another salt, and keep it until their members log in`,
        ]
      : []),
    ...(leftOut > 0 ? [`${leftOut} left out: a better row of the same session is imported`] : []),
    `${existing} already in the table (${existingNeedLogin + existingUnanswered} of them need a login, or may need one)`,
    write
      ? `${written} written (${alive} proven alive, ${needLogin} need a login, ${unanswered} without an answer)`
      : `${written} to write. Nothing was written. Add --write to write.`,
  ];
}

async function runRollback(
  target: MigrationTarget,
  { file, write }: Arguments,
  { print, printError }: Terminal,
): Promise<number> {
  const { documents, table, secrets } = target;
  const logger = { error: (_event: string, error: unknown) => printError(messageOf(error)) };
  const sessions = new SessionStore({ documents, table, clock, logger });
  const tokens = new SessionTokens({
    documents,
    table,
    clock,
    sessions,
    // Only a write computes a session's partition of the refresh index, and a rollback writes no session.
    refreshPartitions: 1,
    secrets: async () => secrets,
  });
  const { members, lost } = await rollback({ documents, table, tokens, clock, print }, file, write);
  print(write ? `${members} members written to ${file}` : 'Nothing was written. Add --write to write.');
  if (lost > 0) printError(`${lost} sessions could not be read. They are listed above.`);
  return lost > 0 ? 1 : 0;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : 'The migration failed.');
