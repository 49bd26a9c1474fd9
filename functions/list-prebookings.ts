import { composeMemberApi } from '../lib/compose/member-api.ts';
import { composePrebookingList } from '../lib/compose/prebookings.ts';
import { nextCursor } from '../lib/http/paging.ts';
import { PrebookingsQuery } from '../lib/prebookings/prebooking-api.ts';
import { loadPrebookingViews } from '../lib/prebookings/prebooking-view.ts';

const { base, memberRoute } = composeMemberApi(process.env);

const prebookingList = composePrebookingList(base);

/**
 * GET /v1/prebookings?status=&from=&to=&limit=&cursor= → 200 `{prebookings, nextCursor}`, sorted by the start of the class, the
 * latest first.
 */
export const handler = memberRoute({ query: PrebookingsQuery }, async ({ query }, { email }) => {
  const { limit, cursor, ...filter } = query;
  const { items, next } = await prebookingList.read(email, filter, { limit, after: cursor });
  const prebookings = await loadPrebookingViews(base.sessions, email, items);
  return { status: 200, body: { prebookings, nextCursor: nextCursor(next) } };
});
