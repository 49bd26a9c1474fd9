import { createHash } from 'node:crypto';
import { type Instant, SECOND } from '../platform/clock.ts';

/** What an event looked like when it was last read, as a digest, and since when it has looked so. */
type Revision = { readonly digest: string; readonly changedAt: Instant };

/** The revisions of a feed's events, by their ids. */
export type Revisions = ReadonlyMap<string, Revision>;

/** Characters of a digest, of 6 bits each. */
const DIGEST_LENGTH = 22;

/**
 * Tells which events have changed since the feed was last read. An event's last change is the time at which it was first
 * read so, in whole seconds; it grows with every change, even within one second or on a clock that has gone back.
 *
 * @param contents the events' contents by id, without what follows from the revision.
 * @returns the same `known` if nothing has changed.
 */
export function revise(known: Revisions, contents: ReadonlyMap<string, object>, now: Instant): Revisions {
  const revised = new Map<string, Revision>();
  let isChanged = false;
  for (const [id, content] of contents) {
    const digest = computeDigest(content);
    const before = known.get(id);
    if (before?.digest === digest) {
      revised.set(id, before);
      continue;
    }
    isChanged = true;
    const second = Math.floor(now / SECOND) * SECOND;
    revised.set(id, { digest, changedAt: before ? Math.max(second, before.changedAt + SECOND) : second });
  }
  return isChanged ? revised : known;
}

const computeDigest = (content: object): string =>
  createHash('sha256').update(JSON.stringify(content)).digest('base64url').slice(0, DIGEST_LENGTH);
