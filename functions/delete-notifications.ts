import { composeMemberApi } from '../lib/compose/member-api.ts';
import { composeSettings } from '../lib/compose/notifications.ts';
import { composeSubscriptions } from '../lib/compose/push.ts';
import { byRoute } from '../lib/http/api.ts';
import { PushEndBody } from '../lib/notifications/notification-api.ts';

const { base, memberRoute } = composeMemberApi(process.env);

const settings = composeSettings(base);

const subscriptions = composeSubscriptions(base);

export const handler = byRoute({
  /** → 204: deletes the caller's push subscriptions and settings, which ends all notifications. */
  'DELETE /v1/notifications': memberRoute({}, async (_request, { email }) => {
    await subscriptions.removeAllOf(email);
    await settings.remove(email);
    return { status: 204 };
  }),
  /** → 204: deletes the push subscription of one browser; also if there was none. */
  'DELETE /v1/notifications/push': memberRoute({ body: PushEndBody }, async ({ body: { endpoint } }, { email }) => {
    await subscriptions.remove(email, endpoint);
    return { status: 204 };
  }),
});
