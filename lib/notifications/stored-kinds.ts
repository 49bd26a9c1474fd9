import { KINDS, type Kind } from './notification-settings.ts';

/** The kinds of version 0.1.0, which knows no others. */
const FIRST_KINDS: readonly Kind[] = ['booked', 'waitlisted', 'failed', 'login-needed', 'wake-up-late', 'wake-up-lost'];

const isFirst = (kind: Kind): boolean => FIRST_KINDS.includes(kind);

/**
 * Encodes the kinds that a member wants. Of the first kinds the wanted ones are stored (`events`), of later ones those that are
 * not wanted (`muted`): so a member who chose before a kind was added is told of it, and version 0.1.0 can read the list.
 */
export const encodeKinds = (wanted: readonly Kind[]) => ({
  events: wanted.filter(isFirst),
  muted: KINDS.filter((kind) => !isFirst(kind) && !wanted.includes(kind)),
});

/** Decodes the kinds that a member wants. A kind of another version is left out. */
export const decodeKinds = (events: readonly string[], muted: readonly string[]): readonly Kind[] =>
  KINDS.filter((kind) => (isFirst(kind) ? events.includes(kind) : !muted.includes(kind)));
