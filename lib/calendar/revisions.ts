import { createHash } from 'node:crypto';
import { type Instant, SECOND } from '../platform/clock.ts';

/** The digest of an event's content when the feed was last read, and the instant since which the content is the same. */
type Revision = { readonly digest: string; readonly changedAt: Instant };

/** The revisions of a feed's events, by their ids. */
export type Revisions = ReadonlyMap<string, Revision>;

/** The number of characters of a digest, with 6 bits each. */
const DIGEST_LENGTH = 22;

/**
 * Updates the revisions of events that have changed since the feed was last read. `changedAt` is the time at which the new
 * content was first read, in whole seconds. It grows with every change, even within one second or if the clock was set back.
 *
 * @param contents the events' contents by id, without the fields that depend on the revision.
 * @returns `known` itself if nothing has changed.
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
