import type { Clock } from '../../../lib/platform/clock.ts';
import type { Documents } from '../../../lib/platform/dynamodb.ts';
import { type Candidate, deduplicate } from './deduplicate.ts';
import { buildItem, computeFingerprint, type ItemDeps } from './import-item.ts';
import { givesWay, isItemFault, type Occupant, put, readOccupants } from './import-table.ts';
import type { OldSession } from './old-row.ts';
import type { Proof, VerifyAlive } from './verify-alive.ts';

/** What one run of the import works with. */
export type Run = ItemDeps & {
  readonly documents: Documents;
  readonly table: string;
  readonly clock: Clock;
  readonly verifyAlive: VerifyAlive;
  readonly write: boolean;
  readonly counts: ImportCounts;
  readonly print: (line: string) => void;
};

export type ImportCounts = ReturnType<typeof noCounts>;

export const noCounts = () => ({
  background: 0,
  device: 0,
  /** Background rows whose fingerprint differs from the one this service computes. */
  foreign: 0,
  expired: 0,
  refused: 0,
  /** Rows that give way to a better row of the same session. */
  leftOut: 0,
  /** In a dry run: what would be written. */
  written: 0,
  /** `written`, by what AimHarder answered: alive, needs a login, or could not be asked. */
  alive: 0,
  needLogin: 0,
  unasked: 0,
  alreadyThere: 0,
  /** Of `alreadyThere`: needs a login, or may need one because AimHarder could not be asked. */
  thereNeedLogin: 0,
  thereUnasked: 0,
});

/** Imports one member's rows, at most one per session. */
export async function importMember(run: Run, email: string, rows: readonly Candidate[]): Promise<void> {
  const there = await readOccupants(run, email);
  for (const candidates of deduplicate(rows)) {
    const others = candidates.filter(({ session }) => {
      const device = findDevice(session, there);
      if (device) countThere(run, device);
      return !device;
    });
    await importBest(run, others, there);
  }
}

/** Finds the device session that an untyped row was exported from by an earlier rollback. */
const findDevice = ({ typed, fingerprint }: OldSession, there: readonly Occupant[]): Occupant | undefined =>
  typed ? undefined : there.find((one) => one.sessionType === 'device' && one.fingerprint === fingerprint);

/**
 * Imports the best row of one session that is alive, or the best row if none is.
 *
 * @param there the member's sessions in the table; a written session is added.
 */
async function importBest(run: Run, candidates: readonly Candidate[], there: Occupant[]): Promise<void> {
  const [best] = candidates;
  if (!best) return;
  const occupant = occupantOf(run, best.session, there);
  if (occupant && (occupant.state !== 'login-required' || !hasKeyOf(run, best.session, occupant))) {
    countThere(run, occupant);
    return leaveOut(run, candidates, best);
  }
  const { chosen, proof } = await firstAlive(run, best, candidates);
  const item = buildItem(run, chosen.session, proof);
  if (occupant && !givesWay(occupant, item)) countThere(run, occupant, proof);
  else {
    const outcome = run.write ? await tryPut(put(run, item)) : 'written';
    // A concurrent login has written the session. Decide again by what the table holds now.
    if (outcome === 'occupied') return importBest(run, candidates, await readOccupants(run, item.email));
    if (outcome === 'refused') {
      refuse(run, chosen);
      return importBest(run, without(chosen, candidates), there);
    }
    run.counts.written += 1;
    run.counts[WRITTEN_AS[proof.kind]] += 1;
    there.push(item);
  }
  leaveOut(run, candidates, chosen);
}

const UNPROVEN: Proof = { kind: 'unproven' };
const WRITTEN_AS = { alive: 'alive', unproven: 'needLogin', unasked: 'unasked' } as const;

const hasKeyOf = (run: Run, session: OldSession, { fingerprint }: Occupant): boolean =>
  fingerprint === computeFingerprint(run, session);

/** Finds the session in the table that the row would replace. An earlier salt may have given it another fingerprint. */
function occupantOf(run: Run, session: OldSession, there: readonly Occupant[]): Occupant | undefined {
  const isBackground = session.sessionType === 'background';
  return (
    there.find((one) => hasKeyOf(run, session, one)) ??
    there.find((one) => isBackground && one.sessionType === 'background')
  );
}

/** Finds the first row that AimHarder proves alive; without one, the best row. */
async function firstAlive(
  { verifyAlive }: Run,
  best: Candidate,
  candidates: readonly Candidate[],
): Promise<{ readonly chosen: Candidate; readonly proof: Proof }> {
  let unproven = UNPROVEN;
  for (const chosen of candidates) {
    const proof = await verifyAlive(chosen.session);
    if (proof.kind === 'alive') return { chosen, proof };
    if (proof.kind === 'unasked') unproven = proof;
  }
  return { chosen: best, proof: unproven };
}

async function tryPut(write: Promise<boolean>): Promise<'written' | 'occupied' | 'refused'> {
  try {
    return (await write) ? 'written' : 'occupied';
  } catch (error) {
    if (isItemFault(error)) return 'refused';
    throw error;
  }
}

function countThere({ counts }: Run, occupant: Occupant, proof = UNPROVEN): void {
  counts.alreadyThere += 1;
  if (occupant.state === 'login-required') counts[proof.kind === 'unasked' ? 'thereUnasked' : 'thereNeedLogin'] += 1;
}

/** Prints no details of the error, which may quote the item. */
function refuse({ counts, print }: Run, { at, session }: Candidate): void {
  counts[session.sessionType] -= 1;
  counts.refused += 1;
  print(`${at}: refused: DynamoDB rejects the item`);
}

function leaveOut({ counts, print }: Run, candidates: readonly Candidate[], chosen: Candidate): void {
  for (const { at } of without(chosen, candidates)) {
    counts.leftOut += 1;
    print(`${at}: left out: ${chosen.at} is preferred for the same session`);
  }
}

const without = (one: Candidate, candidates: readonly Candidate[]) => candidates.filter((other) => other !== one);
