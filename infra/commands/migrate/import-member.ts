import type { Clock } from '../../../lib/platform/clock.ts';
import type { Documents } from '../../../lib/platform/dynamodb.ts';
import { type Candidate, groupBySession } from './group-by-session.ts';
import { buildItem, computeFingerprint, type ItemDeps } from './import-item.ts';
import { canBeReplacedBy, isItemFault, putIfFree, readStoredSessions, type StoredSession } from './import-table.ts';
import type { OldSession } from './old-row.ts';
import type { Proof, VerifyAlive } from './verify-alive.ts';

/** The dependencies and counts of one run of the import. */
export type ImportRun = ItemDeps & {
  readonly documents: Documents;
  /** Name of the sessions table. */
  readonly table: string;
  readonly clock: Clock;
  readonly verifyAlive: VerifyAlive;
  /** False for a dry run, which writes nothing. */
  readonly write: boolean;
  readonly counts: ImportCounts;
  readonly print: (line: string) => void;
};

export type ImportCounts = ReturnType<typeof zeroCounts>;

export const zeroCounts = () => ({
  /** Rows that could be decoded, by the type of their session. */
  background: 0,
  device: 0,
  /** Of `background`: rows whose fingerprint differs from the computed one. */
  foreignFingerprint: 0,
  /** Rows of device sessions that are older than 7 days. */
  expired: 0,
  /** Rows that cannot be decoded, or that DynamoDB rejects. */
  refused: 0,
  /** Rows that are not imported, because a better row of the same session is imported. */
  leftOut: 0,
  /** Sessions that were written, or, in a dry run, would be written. */
  written: 0,
  /** Of `written`: sessions that AimHarder has proven alive, that need a login, and about which AimHarder gave no answer. */
  alive: 0,
  needLogin: 0,
  unanswered: 0,
  /** Sessions that were already in the table and were not replaced. */
  existing: 0,
  /** Of `existing`: sessions that need a login, and that may need a login because AimHarder gave no answer about them. */
  existingNeedLogin: 0,
  existingUnanswered: 0,
});

/** Imports one member's rows, at most one per session. */
export async function importMember(run: ImportRun, email: string, rows: readonly Candidate[]): Promise<void> {
  const stored = await readStoredSessions(run, email);
  for (const candidates of groupBySession(rows)) {
    const importable: Candidate[] = [];
    for (const candidate of candidates) {
      const device = findSourceDevice(candidate.session, stored);
      if (device) countExisting(run, device);
      else importable.push(candidate);
    }
    await importBest(run, importable, stored);
  }
}

/** Finds the device session that an earlier rollback exported as this untyped row. */
const findSourceDevice = (
  { hasType, fingerprint }: OldSession,
  stored: readonly StoredSession[],
): StoredSession | undefined =>
  hasType
    ? undefined
    : stored.find((session) => session.sessionType === 'device' && session.fingerprint === fingerprint);

/**
 * Imports one row of a session: the best of those that AimHarder proves alive, or the best of all if it proves none. Imports none
 * if the stored session must stay: because it needs no login, has another fingerprint, or is newer (`canBeReplacedBy`).
 *
 * @param candidates the session's rows, the best first.
 * @param stored the member's sessions in the table; a written session is added.
 */
async function importBest(run: ImportRun, candidates: readonly Candidate[], stored: StoredSession[]): Promise<void> {
  const [best] = candidates;
  if (!best) return;
  const replaced = findReplaced(run, best.session, stored);
  if (replaced && (replaced.state !== 'login-required' || !isStoredUnder(run, best.session, replaced))) {
    countExisting(run, replaced);
    return countLeftOut(run, candidates, best);
  }
  const { chosen, proof } = await chooseAlive(run, best, candidates);
  const item = buildItem(run, chosen.session, proof);
  if (replaced && !canBeReplacedBy(replaced, item)) countExisting(run, replaced, proof);
  else {
    const result = run.write ? await tryPut(putIfFree(run, item)) : 'written';
    // A concurrent login has written the session, so the decision is repeated with the current table.
    if (result === 'not-free') return importBest(run, candidates, await readStoredSessions(run, item.email));
    if (result === 'refused') {
      countRefused(run, chosen);
      return importBest(run, without(chosen, candidates), stored);
    }
    run.counts.written += 1;
    run.counts[COUNTED_AS[proof.kind]] += 1;
    stored.push(item);
  }
  countLeftOut(run, candidates, chosen);
}

const UNPROVEN: Proof = { kind: 'unproven' };
const COUNTED_AS = { alive: 'alive', unproven: 'needLogin', unanswered: 'unanswered' } as const;

/** Checks whether the row would overwrite this stored session, because both have the same fingerprint in this service. */
const isStoredUnder = (run: ImportRun, session: OldSession, { fingerprint }: StoredSession): boolean =>
  fingerprint === computeFingerprint(run, session);

/**
 * Finds the stored session that the row would replace. A background session that was stored with an earlier salt has another
 * fingerprint.
 */
function findReplaced(
  run: ImportRun,
  session: OldSession,
  stored: readonly StoredSession[],
): StoredSession | undefined {
  const isBackground = session.sessionType === 'background';
  return (
    stored.find((candidate) => isStoredUnder(run, session, candidate)) ??
    stored.find(({ sessionType }) => isBackground && sessionType === 'background')
  );
}

/** Chooses the first row that AimHarder proves alive; without one, the best row. */
async function chooseAlive(
  { verifyAlive }: ImportRun,
  best: Candidate,
  candidates: readonly Candidate[],
): Promise<{ readonly chosen: Candidate; readonly proof: Proof }> {
  let noProof = UNPROVEN;
  for (const candidate of candidates) {
    const proof = await verifyAlive(candidate.session);
    if (proof.kind === 'alive') return { chosen: candidate, proof };
    if (proof.kind === 'unanswered') noProof = proof;
  }
  return { chosen: best, proof: noProof };
}

/** Awaits a write. @returns "refused" if DynamoDB cannot store the item. */
async function tryPut(put: Promise<boolean>): Promise<'written' | 'not-free' | 'refused'> {
  try {
    return (await put) ? 'written' : 'not-free';
  } catch (error) {
    if (isItemFault(error)) return 'refused';
    throw error;
  }
}

function countExisting({ counts }: ImportRun, { state }: StoredSession, proof = UNPROVEN): void {
  counts.existing += 1;
  if (state !== 'login-required') return;
  if (proof.kind === 'unanswered') counts.existingUnanswered += 1;
  else counts.existingNeedLogin += 1;
}

/** Counts and prints a row as refused, without details of the error, which may quote the item. */
function countRefused({ counts, print }: ImportRun, { position, session }: Candidate): void {
  counts[session.sessionType] -= 1;
  counts.refused += 1;
  print(`${position}: refused: DynamoDB rejects the item`);
}

/** Counts and prints all candidates but the chosen one as left out. */
function countLeftOut({ counts, print }: ImportRun, candidates: readonly Candidate[], chosen: Candidate): void {
  for (const { position } of without(chosen, candidates)) {
    counts.leftOut += 1;
    print(`${position}: left out: ${chosen.position} is preferred for the same session`);
  }
}

const without = (removed: Candidate, candidates: readonly Candidate[]) =>
  candidates.filter((candidate) => candidate !== removed);
