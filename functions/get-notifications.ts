import { composeMemberApi } from '../lib/compose/member-api.ts';
import { composeShowSettings } from '../lib/compose/notifications.ts';
import { showSettings } from '../lib/notifications/show-settings.ts';

const { base, memberRoute } = composeMemberApi(process.env);

const deps = composeShowSettings(base);

/** GET /v1/notifications → 200 `{notifications}`, never with a secret. */
export const handler = memberRoute({}, async (_request, { email }) => ({
  status: 200,
  body: { notifications: await showSettings(deps, email) },
}));
