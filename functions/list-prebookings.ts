import { composeDocuments } from '../lib/compose/base.ts';
import { composePrebookingList } from '../lib/compose/prebookings.ts';
import { composeAuthenticate, composeSessions } from '../lib/compose/sessions.ts';
import { memberApi } from '../lib/http/api.ts';
import { nextCursor } from '../lib/http/paging.ts';
import { PrebookingsQuery } from '../lib/prebookings/prebooking-api.ts';
import { loadPrebookingViews } from '../lib/prebookings/prebooking-view.ts';

const documents = composeDocuments();

const sessions = composeSessions(process.env, documents);

const list = composePrebookingList(process.env, documents);

/** GET /v1/prebookings?status=&from=&to=&limit=&cursor= → 200 `{prebookings, nextCursor}`, the last class first. */
export const handler = memberApi(
  composeAuthenticate(sessions),
  { query: PrebookingsQuery },
  async ({ query: { limit, cursor, ...filter } }, { email }) => {
    const { items, next } = await list.read(email, filter, { limit, after: cursor });
    return {
      status: 200,
      body: { prebookings: await loadPrebookingViews(sessions, email, items), nextCursor: nextCursor(next) },
    };
  },
);
