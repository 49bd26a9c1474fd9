import { composeMemberApi } from '../lib/compose/member-api.ts';
import { composeDelivery } from '../lib/compose/notifications.ts';
import { testNotifications } from '../lib/notifications/test-notifications.ts';

const { base, testRoute } = composeMemberApi(process.env);

const deps = composeDelivery(base);

/** POST /v1/notifications/test → 202 `{sent, failed}`: sends the caller a test message over each channel that they have set up. */
export const handler = testRoute({}, async ({ signal }, { email }) => ({
  status: 202,
  body: { ...(await testNotifications(deps, email, signal)) },
}));
