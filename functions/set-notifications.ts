import { composeDocuments } from '../lib/compose/base.ts';
import { composeSetNotifications } from '../lib/compose/notifications.ts';
import { composeAuthenticate, composeSessions } from '../lib/compose/sessions.ts';
import { memberApi } from '../lib/http/api.ts';
import { NotificationsBody } from '../lib/notifications/notification-api.ts';
import { setNotifications } from '../lib/notifications/set-notifications.ts';
import { settingsView } from '../lib/notifications/settings-view.ts';

const documents = composeDocuments();

const sessions = composeSessions(process.env, documents);

const deps = composeSetNotifications(process.env, documents);

/** PUT /v1/notifications → 200 `{notifications}`, with the webhook's secret when that is new. */
export const handler = memberApi(
  composeAuthenticate(sessions),
  { body: NotificationsBody },
  async ({ body }, { email }) => {
    const { settings, secret } = await setNotifications(deps, email, body);
    return { status: 200, body: { notifications: settingsView(settings, secret) } };
  },
);
