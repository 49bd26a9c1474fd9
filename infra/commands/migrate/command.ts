import { parseArgs } from 'node:util';
import { AimHarder } from '../../../lib/aimharder/client.ts';
import type { Environment } from '../../../lib/platform/environment.ts';
import { systemClock as clock } from '../../../lib/platform/system-clock.ts';
import { parseWheel, partitionsOf } from '../../../lib/refresh/timing-wheel.ts';
import { SessionStore } from '../../../lib/sessions/session-store.ts';
import { SessionTokens } from '../../../lib/sessions/session-tokens.ts';
import { importSessions } from './import.ts';
import type { ImportCounts } from './import-member.ts';
import { type ExportedRow, formatOf, readExport } from './read-export.ts';
import { rollback } from './rollback.ts';
import { openPlace, type Place, upstreamOf } from './target.ts';

const USAGE = `npm run migrate -- import <auth_sessions.csv|json> [--write] [--offline]
  Reads an export of the predecessor's table. Without --write it only counts. --offline asks AimHarder for no proof.
npm run migrate -- rollback <file.csv|json> [--write]
  Exports one session per member in the old shape, after a backup of all beside it. Without --write it only counts.

With SESSIONS_TABLE, KEYS_SECRET_ID and SALT_SECRET_ID set it works on AWS; without them on the data folder of npm start
(DATA_DIR), which must not be running.`;

export type Terminal = {
  readonly environment: Environment;
  readonly say: (line: string) => void;
  readonly complain: (line: string) => void;
};

type Asked = {
  readonly command: 'import' | 'rollback';
  readonly file: string;
  readonly write: boolean;
  readonly offline: boolean;
};

/** @returns the exit code: 0 when all is done, 1 when something is left to do, 2 when it was asked wrongly. */
export async function migrate(args: readonly string[], terminal: Terminal): Promise<number> {
  const asked = askedBy(args);
  if (!asked) {
    terminal.complain(USAGE);
    return 2;
  }
  try {
    return await run(asked, terminal);
  } catch (error) {
    terminal.complain(reasonOf(error));
    return 1;
  }
}

/** Undefined when it is not understood. */
function askedBy(args: readonly string[]): Asked | undefined {
  const flag = { type: 'boolean', default: false } as const;
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { write: flag, offline: flag },
    });
    const [command, file, ...more] = positionals;
    if (file === undefined || more.length > 0) return undefined;
    if (command === 'import') return { command, file, ...values };
    return command === 'rollback' && !values.offline ? { command, file, ...values } : undefined;
  } catch {
    return undefined;
  }
}

async function run(asked: Asked, terminal: Terminal): Promise<number> {
  const { command, file } = asked;
  formatOf(file);
  const rows = command === 'import' ? readExport(file) : [];
  const place = await openPlace(terminal.environment);
  try {
    terminal.say(`On ${place.name}:`);
    if (command === 'rollback') return await runRollback(place, asked, terminal);
    return await runImport(place, asked, rows, terminal);
  } finally {
    await place.close();
  }
}

async function runImport(
  place: Place,
  { write, offline }: Asked,
  rows: readonly ExportedRow[],
  { environment, say, complain }: Terminal,
): Promise<number> {
  const origins = offline ? undefined : upstreamOf(environment, place);
  if (!origins && !offline)
    say(
      'Without the three AIMHARDER_* variables nothing leaves this machine: as with --offline, no session is proven.',
    );
  const aimHarder = origins && new AimHarder({ origins, clock });
  const refreshPartitions = partitionsOf(parseWheel(environment));
  const { counts, failure } = await importSessions({ ...place, clock, refreshPartitions, aimHarder, say }, rows, write);
  for (const line of summary(rows.length, counts, write)) say(line);
  const unasked = counts.unasked + counts.thereUnasked;
  if (unasked > 0)
    complain(`AimHarder could not be asked about ${unasked} sessions: run it again later to prove them.`);
  if (failure !== undefined) complain(`It was stopped: ${reasonOf(failure)}`);
  const readable = rows.length - counts.refused;
  if (readable === 0) complain('There is no row to import.');
  return unasked > 0 || failure !== undefined || readable === 0 ? 1 : 0;
}

function summary(rows: number, counts: ImportCounts, write: boolean): readonly string[] {
  const { background, device, foreign, expired, refused, leftOut } = counts;
  const { written, alive, needLogin, alreadyThere, thereNeedLogin, thereUnasked } = counts;
  return [
    `${rows} rows: ${background} background, ${device} device, ${expired} expired, ${refused} refused`,
    ...(foreign > 0
      ? [
          `${foreign} of the background rows have another fingerprint than the salt here gives, and keep it until a login`,
        ]
      : []),
    ...(leftOut > 0 ? [`${leftOut} left out for another row of the same session`] : []),
    `${alreadyThere} already there (${thereNeedLogin + thereUnasked} of them need a login)`,
    write
      ? `${written} written (${alive} proven alive, ${needLogin} need a login, ${counts.unasked} could not be asked about)`
      : `${written} to write. Nothing was written. Add --write to write.`,
  ];
}

async function runRollback(place: Place, { file, write }: Asked, { say, complain }: Terminal): Promise<number> {
  const { documents, table, secrets } = place;
  const sessions = new SessionStore({ documents, table, clock });
  const tokens = new SessionTokens({
    documents,
    table,
    clock,
    sessions,
    refreshPartitions: 1,
    secrets: async () => secrets,
  });
  const { members, lost } = await rollback({ documents, table, tokens, clock, say }, file, write);
  say(write ? `${members} members written to ${file}` : 'Nothing was written. Add --write to write.');
  if (lost > 0) complain(`${lost} sessions could not be read, as told above.`);
  return lost > 0 ? 1 : 0;
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : 'The migration failed.');
