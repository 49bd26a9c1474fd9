import { type ListedClass, UpstreamFailure } from '../aimharder/client.ts';
import { toOpeningRule } from '../bookings/book-class.ts';
import type { OpeningRule } from '../boxes/opening-rule.ts';
import { GRACE } from '../prebookings/prebooking.ts';
import type { Target } from './after-shot.ts';
import type { PrepareDeps } from './prepare.ts';
import type { ShotsResult } from './shoot.ts';
import { decideByTimetable, resolveListed } from './timetable-check.ts';

/** A class that has moved. */
export type MovedClass = {
  /** The class's new row in the timetable. */
  readonly moved: ListedClass;
  /** The rule for the new opening: from a refusal of the shots, or else the rule of the order. */
  readonly openingRule?: OpeningRule | undefined;
  /** How many shots were sent before the move was noticed. */
  readonly shots?: number;
};

/** What the timetable says about a refusal: the class's new row or slot id, or that it is cancelled. */
export type Explanation = MovedClass | { readonly replacedBy: string } | 'class-cancelled';

/** The shots at one row. @property changed why they were given up, if the timetable has shown twice that the row is wrong now. */
export type RowShots = ShotsResult & { readonly changed: Explanation | undefined };

type ExplainDeps = Pick<PrepareDeps, 'aimHarder' | 'clock'>;

/**
 * Explains by the current timetable why the shots were refused. If they were refused as too early, and the timetable is
 * unreadable or shows no reason any more, the change that has ended the shots (`changed`) is the explanation.
 */
export async function explainShots(
  deps: ExplainDeps,
  target: Pick<Target, 'prebooking' | 'classId'>,
  { changed, ...result }: Pick<RowShots, 'changed' | 'outcome' | 'rule' | 'session' | 'shots'>,
  signal: AbortSignal,
): Promise<Explanation | undefined> {
  const explanation = await explainRefusal(deps, target, result, signal);
  if (explanation || result.outcome !== 'too-early') return explanation;
  return typeof changed === 'object' && 'moved' in changed ? { ...changed, shots: result.shots } : changed;
}

/**
 * Finds in the timetable why a shot was refused: since the preparation, the class may have moved or been cancelled, or another row
 * may have replaced it.
 *
 * @param classId the slot id of the shot.
 * @returns the class's new row or slot id, or that the class is cancelled; undefined if the timetable shows none of these, or is
 *   unreadable.
 */
export async function explainRefusal(
  { aimHarder, clock }: ExplainDeps,
  { prebooking, classId }: Pick<Target, 'prebooking' | 'classId'>,
  { outcome, rule, session, shots }: Pick<ShotsResult, 'outcome' | 'rule' | 'session' | 'shots'>,
  signal: AbortSignal,
): Promise<Explanation | undefined> {
  if (outcome !== 'too-early' && outcome !== 'unknown') return undefined;
  const resolved = await resolveListed({ aimHarder }, prebooking, session, signal).catch(ignoreUpstream);
  if (resolved?.kind === 'cancelled') return 'class-cancelled';
  const decided = resolved && decideByTimetable(prebooking, resolved);
  if (decided && 'moved' in decided)
    return { ...decided, openingRule: rule ? toOpeningRule(rule) : prebooking.openingRule, shots };
  // Any other decision concerns the pre-booking's result, not the refusal.
  if (decided || resolved?.kind !== 'replaced') return undefined;
  // After the grace, no shot may leave at another row.
  if (clock.now() > prebooking.opensAt + GRACE) return undefined;
  return resolved.listed.classId === classId ? undefined : { replacedBy: resolved.listed.classId };
}

/** Turns a failure of AimHarder into undefined. @throws any other error. */
function ignoreUpstream(error: unknown): undefined {
  if (!(error instanceof UpstreamFailure)) throw error;
}
