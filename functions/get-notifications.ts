import { composeMemberApi } from '../lib/compose/member-api.ts';
import { composeSettings } from '../lib/compose/notifications.ts';
import { DEFAULTS } from '../lib/notifications/notification-settings.ts';
import { settingsView } from '../lib/notifications/settings-view.ts';

const { base, memberRoute } = composeMemberApi(process.env);

const settings = composeSettings(base);

/** GET /v1/notifications → 200 `{notifications}`, never with the webhook's secret. */
export const handler = memberRoute({}, async (_request, { email }) => {
  const found = (await settings.find(email)) ?? DEFAULTS;
  return { status: 200, body: { notifications: settingsView(found) } };
});
