import { BoxesQuery } from '../lib/bookings/booking-api.ts';
import { timezoneOf, timezonesFrom } from '../lib/boxes/settings.ts';
import { composeMemberApi } from '../lib/compose/member-api.ts';
import { nextCursor } from '../lib/http/paging.ts';
import { firstPage } from '../lib/platform/paging.ts';

const { memberRoute } = composeMemberApi(process.env);

const timezones = timezonesFrom(process.env);

/** GET /v1/boxes?limit=&cursor= → 200 `{boxes, nextCursor}`, by subdomain: the boxes of the caller's login. */
export const handler = memberRoute({ query: BoxesQuery }, async ({ query: { limit, cursor } }, { boxes }) => {
  const rest = boxes.filter(({ box }) => cursor === undefined || box > cursor.box);
  const sorted = rest.toSorted((one, other) => (one.box < other.box ? -1 : 1));
  const { items, next } = firstPage(sorted, limit, ({ box }) => ({ box }));
  return {
    status: 200,
    body: {
      boxes: items.map(({ box, boxId, name }) => ({ box, boxId, name, timezone: timezoneOf({ timezones }, box) })),
      nextCursor: nextCursor(next),
    },
  };
});
