import { timezoneOf, timezonesFrom } from '../lib/boxes/settings.ts';
import { composeAuthenticate, composeDocuments, composeSessions } from '../lib/compose.ts';
import { memberApi } from '../lib/http/api.ts';

const sessions = composeSessions(process.env, composeDocuments());
const timezones = timezonesFrom(process.env);

/** GET /v1/boxes → 200 `{boxes}`: those that AimHarder named at the caller's login. */
export const handler = memberApi(composeAuthenticate(sessions), async (_request, { boxes }) => ({
  status: 200,
  body: {
    boxes: boxes.map(({ box, boxId, name }) => ({ box, boxId, name, timezone: timezoneOf({ timezones }, box) })),
  },
}));
