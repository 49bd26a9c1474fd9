import type { AimHarder } from '../../../lib/aimharder/client.ts';
import { type Candidate, groupByMember } from './deduplicate.ts';
import { findForeignFingerprint } from './import-item.ts';
import { type ImportCounts, importMember, noCounts, type Run } from './import-member.ts';
import { decodeOldRow } from './old-row.ts';
import type { ExportedRow } from './read-export.ts';
import { aliveVerifier } from './verify-alive.ts';

export type ImportDeps = Omit<Run, 'write' | 'counts' | 'verifyAlive'> & {
  /** Asked whether sessions are alive. Without it, all are imported as needing a login. */
  readonly aimHarder: Pick<AimHarder, 'whoAmI'> | undefined;
};

export type ImportResult = {
  readonly counts: ImportCounts;
  /** The error that stopped the import, if any. */
  readonly failure: unknown;
};

/** How many members are imported concurrently. */
const CONCURRENCY = 10;
const PROGRESS_EVERY = 100;

/**
 * Imports the predecessor's sessions. The import is idempotent: an active session in the table stays as it is, and one that
 * needs a login becomes active once it is proven alive. A row that cannot be written is printed and does not stop the others.
 *
 * @param write false for a dry run, which reads and counts, and does not ask AimHarder.
 */
export async function importSessions(
  { aimHarder, ...deps }: ImportDeps,
  rows: readonly ExportedRow[],
  write: boolean,
): Promise<ImportResult> {
  const run: Run = {
    ...deps,
    write,
    counts: noCounts(),
    verifyAlive: aliveVerifier(write ? aimHarder : undefined, deps.print),
  };
  const members = groupByMember(rows.flatMap((row) => decodeRow(run, row)));
  const failure = await importAll(run, members);
  return { counts: run.counts, failure };
}

function decodeRow(run: Run, { at, ...exported }: ExportedRow): readonly Candidate[] {
  const { counts, clock, print } = run;
  const row =
    'fault' in exported
      ? { kind: 'refused' as const, reason: exported.fault }
      : decodeOldRow(exported.row, clock.now());
  if (row.kind === 'refused') print(`${at}: refused: ${row.reason}`);
  if (row.kind !== 'session') {
    counts[row.kind] += 1;
    return [];
  }
  counts[row.session.sessionType] += 1;
  if (findForeignFingerprint(run, row.session) !== undefined) counts.foreign += 1;
  return [{ at, session: row.session }];
}

/** @returns the error that stopped the import, after all workers have ended. */
async function importAll(run: Run, members: ReadonlyMap<string, readonly Candidate[]>): Promise<unknown> {
  const waiting = members.entries();
  const stop = new AbortController();
  let done = 0;
  const worker = async () => {
    for (const [email, rows] of waiting) {
      if (stop.signal.aborted) return;
      await importMember(run, email, rows);
      done += 1;
      if (run.write && (done % PROGRESS_EVERY === 0 || done === members.size))
        run.print(`${done} of ${members.size} members`);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, () => worker().catch((error) => stop.abort(error))));
  return stop.signal.reason;
}
