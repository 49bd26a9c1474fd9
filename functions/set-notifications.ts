import { composeMemberApi } from '../lib/compose/member-api.ts';
import { composeSetNotifications } from '../lib/compose/notifications.ts';
import { NotificationsBody } from '../lib/notifications/notification-api.ts';
import { setNotifications } from '../lib/notifications/set-notifications.ts';
import { settingsView } from '../lib/notifications/settings-view.ts';

const { base, memberRoute } = composeMemberApi(process.env);

const deps = composeSetNotifications(base);

/** PUT /v1/notifications → 200 `{notifications}`, with the webhook's secret if that is new. */
export const handler = memberRoute({ body: NotificationsBody }, async ({ body, signal }, { email }) => {
  const { settings, secret } = await setNotifications(deps, email, body, signal);
  return { status: 200, body: { notifications: settingsView(settings, secret) } };
});
