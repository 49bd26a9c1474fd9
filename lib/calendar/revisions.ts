import { createHash } from 'node:crypto';
import { type Instant, SECOND } from '../platform/clock.ts';

/** An event's content as the feed last had it: its digest, and when the feed first had that content (see `revise`). */
type Revision = { readonly digest: string; readonly changedAt: Instant };

/** The revisions of a feed's events, by their ids. */
export type Revisions = ReadonlyMap<string, Revision>;

/** The number of characters of a digest, with 6 bits each. */
const DIGEST_LENGTH = 22;

/**
 * Updates the revisions of events that have changed since the feed was last read. `changedAt` is the instant at which the feed
 * first had the new content, rounded down to a whole second. It grows with every change, even within one second or if the clock
 * was set back.
 *
 * @param contents the events' contents by id, without the fields that depend on the revision.
 * @returns `known` itself if no event is new or changed. An event that has left the feed keeps its revision until another event
 *   is new or changed.
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
    const thisSecond = Math.floor(now / SECOND) * SECOND;
    revised.set(id, { digest, changedAt: before ? Math.max(thisSecond, before.changedAt + SECOND) : thisSecond });
  }
  return isChanged ? revised : known;
}

const computeDigest = (content: object): string =>
  createHash('sha256').update(JSON.stringify(content)).digest('base64url').slice(0, DIGEST_LENGTH);
