import type { Clock } from '../../../lib/platform/clock.ts';
import type { Documents } from '../../../lib/platform/dynamodb.ts';
import { type Candidate, choicesOf } from './deduplicate.ts';
import { fingerprintOf, type ItemDeps, itemOf } from './import-item.ts';
import { givesWay, isOfTheItem, type Occupant, occupantsOf, put } from './import-table.ts';
import type { OldSession } from './old-row.ts';
import type { Proof, Prove } from './verify-alive.ts';

/** One run of the import. */
export type Run = ItemDeps & {
  readonly documents: Documents;
  readonly table: string;
  readonly clock: Clock;
  readonly prove: Prove;
  readonly write: boolean;
  readonly counts: ImportCounts;
  readonly say: (line: string) => void;
};

export type ImportCounts = ReturnType<typeof noCounts>;

export const noCounts = () => ({
  background: 0,
  device: 0,
  /** Background sessions with another fingerprint than this service computes. */
  foreign: 0,
  expired: 0,
  refused: 0,
  /** Rows that another row of the same session was preferred to. */
  leftOut: 0,
  /** In a dry run: to be written. */
  written: 0,
  /** What was written is alive, or needs a login, or AimHarder could not be asked about it. */
  alive: 0,
  needLogin: 0,
  unasked: 0,
  alreadyThere: 0,
  /** What was there needs a login, or needs one unless AimHarder, which could not be asked, says that it lives. */
  thereNeedLogin: 0,
  thereUnasked: 0,
});

export async function importMember(run: Run, email: string, rows: readonly Candidate[]): Promise<void> {
  const there = await occupantsOf(run, email);
  for (const candidates of choicesOf(rows)) {
    const others = candidates.filter(({ session }) => {
      const device = deviceOf(session, there);
      if (device) countThere(run, device);
      return !device;
    });
    await importBest(run, others, there);
  }
}

/** An old row without type that names a device session: a roll-back has made it of that one. */
const deviceOf = ({ typed, fingerprint }: OldSession, there: readonly Occupant[]): Occupant | undefined =>
  typed ? undefined : there.find((one) => one.sessionType === 'device' && one.fingerprint === fingerprint);

/** @param there what the table holds of the member; what is written is added. */
async function importBest(run: Run, candidates: readonly Candidate[], there: Occupant[]): Promise<void> {
  const [best] = candidates;
  if (!best) return;
  const occupant = occupantOf(run, best.session, there);
  if (occupant && (occupant.state !== 'login-required' || !hasPlaceOf(run, best.session, occupant))) {
    countThere(run, occupant);
    return leaveOut(run, candidates, best);
  }
  const { chosen, proof } = await firstAlive(run, best, candidates);
  const item = itemOf(run, chosen.session, proof);
  if (occupant && !givesWay(occupant, item)) countThere(run, occupant, proof);
  else {
    const outcome = run.write ? await tried(put(run, item)) : 'written';
    // Somebody was quicker: what is there now decides.
    if (outcome === 'occupied') return importBest(run, candidates, await occupantsOf(run, item.email));
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

const hasPlaceOf = (run: Run, session: OldSession, { fingerprint }: Occupant): boolean =>
  fingerprint === fingerprintOf(run, session);

/** Who has the row's place. With another salt the member's one background session stands under another fingerprint. */
function occupantOf(run: Run, session: OldSession, there: readonly Occupant[]): Occupant | undefined {
  const isBackground = session.sessionType === 'background';
  return (
    there.find((one) => hasPlaceOf(run, session, one)) ??
    there.find((one) => isBackground && one.sessionType === 'background')
  );
}

async function firstAlive(
  { prove }: Run,
  best: Candidate,
  candidates: readonly Candidate[],
): Promise<{ readonly chosen: Candidate; readonly proof: Proof }> {
  let unproven = UNPROVEN;
  for (const chosen of candidates) {
    const proof = await prove(chosen.session);
    if (proof.kind === 'alive') return { chosen, proof };
    if (proof.kind === 'unasked') unproven = proof;
  }
  return { chosen: best, proof: unproven };
}

async function tried(write: Promise<boolean>): Promise<'written' | 'occupied' | 'refused'> {
  try {
    return (await write) ? 'written' : 'occupied';
  } catch (error) {
    if (isOfTheItem(error)) return 'refused';
    throw error;
  }
}

function countThere({ counts }: Run, occupant: Occupant, proof = UNPROVEN): void {
  counts.alreadyThere += 1;
  if (occupant.state === 'login-required') counts[proof.kind === 'unasked' ? 'thereUnasked' : 'thereNeedLogin'] += 1;
}

/** The error itself may quote the item. */
function refuse({ counts, say }: Run, { at, session }: Candidate): void {
  counts[session.sessionType] -= 1;
  counts.refused += 1;
  say(`${at}: refused: the table does not take it`);
}

function leaveOut({ counts, say }: Run, candidates: readonly Candidate[], chosen: Candidate): void {
  for (const { at } of without(chosen, candidates)) {
    counts.leftOut += 1;
    say(`${at}: left out: ${chosen.at} is preferred for the same session`);
  }
}

const without = (one: Candidate, candidates: readonly Candidate[]) => candidates.filter((other) => other !== one);
