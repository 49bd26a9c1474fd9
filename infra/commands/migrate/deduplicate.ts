import { isBackgroundFingerprint } from '../../../lib/sessions/fingerprint.ts';
import type { OldSession } from './old-row.ts';

/** A row that can be imported, and where it stands in the export. */
export type Candidate = { readonly at: string; readonly session: OldSession };

export const byMember = (candidates: readonly Candidate[]): ReadonlyMap<string, readonly Candidate[]> =>
  Map.groupBy(candidates, ({ session }) => session.email);

/**
 * The rows of one member that want the same place in the table, the best of each first: there is one background session, and
 * one device session per fingerprint. The devices' places come first, because a row without type may name one of them.
 */
export function choicesOf(member: readonly Candidate[]): readonly (readonly Candidate[])[] {
  const sorted = member.toSorted(
    ({ session: one }, { session: other }) => rank(one) - rank(other) || freshness(other) - freshness(one),
  );
  return [...Map.groupBy(sorted, placeOf).values()];
}

const placeOf = ({ session: { sessionType, fingerprint } }: Candidate): string =>
  sessionType === 'device' ? `device ${fingerprint}` : sessionType;

/** The predecessor's second login made a background session for that alone; an older row may be a browser's as well. */
function rank({ sessionType, typed, fingerprint }: OldSession): number {
  if (sessionType === 'device') return 0;
  return typed && isBackgroundFingerprint(fingerprint ?? '') ? 1 : 2;
}

const freshness = ({ lastTokenUpdateAt, updatedAt }: OldSession): number => Math.max(lastTokenUpdateAt ?? 0, updatedAt);
