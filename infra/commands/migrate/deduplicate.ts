import { isBackgroundFingerprint } from '../../../lib/sessions/fingerprint.ts';
import type { OldSession } from './old-row.ts';

/** A row that can be imported. @property at its position in the export, for people. */
export type Candidate = { readonly at: string; readonly session: OldSession };

export const groupByMember = (candidates: readonly Candidate[]): ReadonlyMap<string, readonly Candidate[]> =>
  Map.groupBy(candidates, ({ session }) => session.email);

/**
 * Groups one member's rows by the session they would become, the best row of each group first. A member has one background
 * session, and one device session per fingerprint. Device groups come first, because a row without type may name a device.
 */
export function deduplicate(member: readonly Candidate[]): readonly (readonly Candidate[])[] {
  const sorted = member.toSorted(
    ({ session: one }, { session: other }) => rank(one) - rank(other) || freshness(other) - freshness(one),
  );
  return [...Map.groupBy(sorted, sessionKey).values()];
}

const sessionKey = ({ session: { sessionType, fingerprint } }: Candidate): string =>
  sessionType === 'device' ? `device ${fingerprint}` : sessionType;

/** Prefers rows that the predecessor made as background sessions: a row from before may also be a browser's session. */
function rank({ sessionType, typed, fingerprint }: OldSession): number {
  if (sessionType === 'device') return 0;
  return typed && isBackgroundFingerprint(fingerprint ?? '') ? 1 : 2;
}

const freshness = ({ lastTokenUpdateAt, updatedAt }: OldSession): number => Math.max(lastTokenUpdateAt ?? 0, updatedAt);
