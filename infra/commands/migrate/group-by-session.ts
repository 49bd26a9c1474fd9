import { isBackgroundFingerprint } from '../../../lib/sessions/fingerprint.ts';
import type { OldSession } from './old-row.ts';

/** A row that can be imported. @property position the row's place in the export, for messages: "line 7". */
export type Candidate = { readonly position: string; readonly session: OldSession };

export const groupByMember = (candidates: readonly Candidate[]): ReadonlyMap<string, readonly Candidate[]> =>
  Map.groupBy(candidates, ({ session }) => session.email);

/**
 * Groups one member's rows by the session that they become, the best row of each group first. A member has one background session, and
 * one device session per fingerprint. The groups of device sessions come first and must be stored first, because an untyped row counts
 * as a device session if the table already has a device session with its fingerprint.
 */
export function groupBySession(rows: readonly Candidate[]): readonly (readonly Candidate[])[] {
  const sorted = rows.toSorted(
    ({ session: one }, { session: other }) => rank(one) - rank(other) || lastChange(other) - lastChange(one),
  );
  return [...Map.groupBy(sorted, sessionKey).values()];
}

const sessionKey = ({ session: { sessionType, fingerprint } }: Candidate): string =>
  sessionType === 'device' ? `device ${fingerprint}` : sessionType;

/**
 * Ranks a row, the best with 0: device rows, then background rows with a background fingerprint, then the others. An untyped
 * row (`hasType` is false) is among the others, because it may be a browser's session.
 */
function rank({ sessionType, hasType, fingerprint }: OldSession): number {
  if (sessionType === 'device') return 0;
  return hasType && isBackgroundFingerprint(fingerprint ?? '') ? 1 : 2;
}

const lastChange = ({ lastTokenUpdateAt, updatedAt }: OldSession): number =>
  Math.max(lastTokenUpdateAt ?? 0, updatedAt);
