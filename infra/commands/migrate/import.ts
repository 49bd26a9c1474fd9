import type { AimHarder } from '../../../lib/aimharder/client.ts';
import { byMember, type Candidate } from './deduplicate.ts';
import { foreignFingerprint } from './import-item.ts';
import { type ImportCounts, importMember, noCounts, type Run } from './import-member.ts';
import { decodeOldRow } from './old-row.ts';
import type { ExportedRow } from './read-export.ts';
import { prover } from './verify-alive.ts';

export type ImportDeps = Omit<Run, 'write' | 'counts' | 'prove'> & {
  /** Proves sessions alive; without it all are imported as needing a login. */
  readonly aimHarder: Pick<AimHarder, 'whoAmI'> | undefined;
};

export type ImportResult = {
  readonly counts: ImportCounts;
  /** What stopped it, if anything did. */
  readonly failure: unknown;
};

/** Members whose sessions are proven and written at the same time. */
const CONCURRENCY = 10;
const PROGRESS_EVERY = 100;

/**
 * Imports the predecessor's sessions. It may be repeated: a live session that is there stays as it is, and one that needs a
 * login becomes live once it is proven. A row that cannot be written is told, and stops no other.
 *
 * @param write false for a dry run, which reads and counts and asks AimHarder nothing.
 */
export async function importSessions(
  { aimHarder, ...deps }: ImportDeps,
  rows: readonly ExportedRow[],
  write: boolean,
): Promise<ImportResult> {
  const run: Run = { ...deps, write, counts: noCounts(), prove: prover(write ? aimHarder : undefined, deps.say) };
  const members = byMember(rows.flatMap((row) => decoded(run, row)));
  const failure = await importAll(run, members);
  return { counts: run.counts, failure };
}

function decoded(run: Run, { at, ...exported }: ExportedRow): readonly Candidate[] {
  const { counts, clock, say } = run;
  const row =
    'fault' in exported
      ? { kind: 'refused' as const, reason: exported.fault }
      : decodeOldRow(exported.row, clock.now());
  if (row.kind === 'refused') say(`${at}: refused: ${row.reason}`);
  if (row.kind !== 'session') {
    counts[row.kind] += 1;
    return [];
  }
  counts[row.session.sessionType] += 1;
  if (foreignFingerprint(run, row.session) !== undefined) counts.foreign += 1;
  return [{ at, session: row.session }];
}

/** @returns what stopped it; nothing is at work any more then. */
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
        run.say(`${done} of ${members.size} members`);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, () => worker().catch((error) => stop.abort(error))));
  return stop.signal.reason;
}
