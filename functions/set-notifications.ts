import { composeMemberApi } from '../lib/compose/member-api.ts';
import { composeSetNotifications, composeShowSettings } from '../lib/compose/notifications.ts';
import { byRoute } from '../lib/http/api.ts';
import { NotificationsBody, PushBody } from '../lib/notifications/notification-api.ts';
import { setNotifications } from '../lib/notifications/set-notifications.ts';
import { pushView } from '../lib/notifications/settings-view.ts';
import { showSettings } from '../lib/notifications/show-settings.ts';
import { subscribePush } from '../lib/notifications/subscribe-push.ts';

const { base, memberRoute } = composeMemberApi(process.env);

const deps = { ...composeShowSettings(base), ...composeSetNotifications(base) };

export const handler = byRoute({
  /** → 200 `{notifications}`, with the webhook's secret if the secret is new. */
  'PUT /v1/notifications': memberRoute({ body: NotificationsBody }, async ({ body, signal }, { email }) => {
    const saved = await setNotifications(deps, email, body, signal);
    return { status: 200, body: { notifications: await showSettings(deps, email, saved) } };
  }),
  /** → 201 `{subscription}`: from now on, the caller's messages are sent to this browser too. */
  'POST /v1/notifications/push': memberRoute({ body: PushBody }, async ({ body }, caller) => {
    const subscription = await subscribePush(deps, caller, body);
    return { status: 201, body: { subscription: pushView(subscription) } };
  }),
});
