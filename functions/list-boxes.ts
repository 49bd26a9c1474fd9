import { BoxesQuery } from '../lib/bookings/booking-api.ts';
import { timezoneOf, timezonesFrom } from '../lib/boxes/settings.ts';
import { composeMemberApi } from '../lib/compose/member-api.ts';
import { nextCursor } from '../lib/http/paging.ts';
import { firstPage } from '../lib/platform/paging.ts';

const { memberRoute } = composeMemberApi(process.env);

const timezones = timezonesFrom(process.env);

/** GET /v1/boxes?limit=&cursor= → 200 `{boxes, nextCursor}`: the boxes of the caller's account, sorted by subdomain. */
export const handler = memberRoute({ query: BoxesQuery }, async ({ query: { limit, cursor } }, { boxes }) => {
  const afterCursor = boxes.filter(({ box }) => cursor === undefined || box > cursor.box);
  const sorted = afterCursor.toSorted((left, right) => (left.box < right.box ? -1 : 1));
  const { items, next } = firstPage(sorted, limit, ({ box }) => ({ box }));
  return {
    status: 200,
    body: {
      boxes: items.map(({ box, boxId, name }) => ({ box, boxId, name, timezone: timezoneOf({ timezones }, box) })),
      nextCursor: nextCursor(next),
    },
  };
});
