import type { AimHarder } from '../../../lib/aimharder/client.ts';
import { type Candidate, groupByMember } from './group-by-session.ts';
import { findForeignFingerprint } from './import-item.ts';
import { type ImportCounts, type ImportRun, importMember, zeroCounts } from './import-member.ts';
import { decodeOldRow } from './old-row.ts';
import type { ExportedRow } from './read-export.ts';
import { createAliveVerifier } from './verify-alive.ts';

export type ImportDeps = Omit<ImportRun, 'write' | 'counts' | 'verifyAlive'> & {
  /** Proves that sessions are alive. Without it, all imported sessions need a login. */
  readonly aimHarder: Pick<AimHarder, 'whoAmI'> | undefined;
};

export type ImportResult = {
  readonly counts: ImportCounts;
  /** The error that stopped the import, if any. */
  readonly failure: unknown;
};

/** How many members are imported concurrently. */
const CONCURRENCY = 10;
/** After how many members a line reports the progress. */
const PROGRESS_EVERY = 100;

/**
 * Imports the predecessor's sessions. The import is idempotent: it never changes an active session in the table, and activates a
 * session that needs a login only if the row's session is proven alive. If a row cannot be written, the import prints the row's
 * position and goes on.
 *
 * @param write false for a dry run, which reads and counts, and does not ask AimHarder.
 */
export async function importSessions(
  { aimHarder, ...deps }: ImportDeps,
  rows: readonly ExportedRow[],
  write: boolean,
): Promise<ImportResult> {
  const run: ImportRun = {
    ...deps,
    write,
    counts: zeroCounts(),
    verifyAlive: createAliveVerifier(write ? aimHarder : undefined, deps.print),
  };
  const members = groupByMember(rows.flatMap((row) => decodeRow(run, row)));
  const failure = await importAll(run, members);
  return { counts: run.counts, failure };
}

/** Decodes and counts one row. @returns no candidate if the row is refused or expired. */
function decodeRow(run: ImportRun, { position, ...content }: ExportedRow): readonly Candidate[] {
  const { counts, clock, print } = run;
  const decoded =
    'fault' in content ? { kind: 'refused' as const, reason: content.fault } : decodeOldRow(content.row, clock.now());
  if (decoded.kind === 'refused') print(`${position}: refused: ${decoded.reason}`);
  if (decoded.kind !== 'session') {
    counts[decoded.kind] += 1;
    return [];
  }
  const { session } = decoded;
  counts[session.sessionType] += 1;
  if (findForeignFingerprint(run, session) !== undefined) counts.foreignFingerprint += 1;
  return [{ position, session }];
}

/** Imports all members. @returns the error that stopped the import, after all workers have ended. */
async function importAll(run: ImportRun, members: ReadonlyMap<string, readonly Candidate[]>): Promise<unknown> {
  // All workers share one iterator, so that each member goes to one worker.
  const queue = members.entries();
  const stop = new AbortController();
  let imported = 0;
  const importQueued = async () => {
    for (const [email, candidates] of queue) {
      if (stop.signal.aborted) return;
      await importMember(run, email, candidates);
      imported += 1;
      if (run.write && (imported % PROGRESS_EVERY === 0 || imported === members.size))
        run.print(`${imported} of ${members.size} members`);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, () => importQueued().catch((error) => stop.abort(error))));
  return stop.signal.reason;
}
