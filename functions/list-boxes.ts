import { BoxesQuery } from '../lib/bookings/booking-api.ts';
import { timezoneOf, timezonesFrom } from '../lib/boxes/settings.ts';
import { composeDocuments } from '../lib/compose/base.ts';
import { composeAuthenticate, composeSessions } from '../lib/compose/sessions.ts';
import { memberApi } from '../lib/http/api.ts';
import { nextCursor } from '../lib/http/paging.ts';
import { firstPage } from '../lib/platform/paging.ts';

const sessions = composeSessions(process.env, composeDocuments());

const timezones = timezonesFrom(process.env);

/** GET /v1/boxes?limit=&cursor= → 200 `{boxes, nextCursor}`, by subdomain: those that AimHarder named at the caller's login. */
export const handler = memberApi(
  composeAuthenticate(sessions),
  { query: BoxesQuery },
  async ({ query: { limit, cursor } }, { boxes }) => {
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
  },
);
