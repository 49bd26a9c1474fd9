import { KINDS, type Kind } from './notification-settings.ts';

/** The kinds of version 0.1.0, which knows no others. */
const FIRST_KINDS: readonly Kind[] = ['booked', 'waitlisted', 'failed', 'login-needed', 'wake-up-late', 'wake-up-lost'];

const isFirst = (kind: Kind): boolean => FIRST_KINDS.includes(kind);

/**
 * Encodes the kinds that a member wants. `events` has the wanted kinds of version 0.1.0, so that this version can read the list.
 * `muted` has the later kinds that the member does not want, so that a kind added after the member's choice counts as wanted.
 */
export const encodeKinds = (wanted: readonly Kind[]) => ({
  events: wanted.filter(isFirst),
  muted: KINDS.filter((kind) => !isFirst(kind) && !wanted.includes(kind)),
});

/** Decodes the kinds that a member wants. A kind that this version does not know is left out. */
export const decodeKinds = (events: readonly string[], muted: readonly string[]): readonly Kind[] =>
  KINDS.filter((kind) => (isFirst(kind) ? events.includes(kind) : !muted.includes(kind)));
