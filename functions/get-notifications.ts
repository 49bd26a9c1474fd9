import { composeDocuments } from '../lib/compose/base.ts';
import { composeSettings } from '../lib/compose/notifications.ts';
import { composeAuthenticate, composeSessions } from '../lib/compose/sessions.ts';
import { memberApi } from '../lib/http/api.ts';
import { DEFAULTS } from '../lib/notifications/notification-settings.ts';
import { settingsView } from '../lib/notifications/settings-view.ts';

const documents = composeDocuments();

const sessions = composeSessions(process.env, documents);

const settings = composeSettings(process.env, documents);

/** GET /v1/notifications → 200 `{notifications}`; never the webhook's secret. */
export const handler = memberApi(composeAuthenticate(sessions), {}, async (_request, { email }) => {
  const found = (await settings.find(email)) ?? DEFAULTS;
  return { status: 200, body: { notifications: settingsView(found) } };
});
