import { composeMemberApi } from '../lib/compose/member-api.ts';
import { composeSettings } from '../lib/compose/notifications.ts';

const { base, memberRoute } = composeMemberApi(process.env);

const settings = composeSettings(base);

/** DELETE /v1/notifications → 204: deletes the caller's settings, which ends all notifications. */
export const handler = memberRoute({}, async (_request, { email }) => {
  await settings.remove(email);
  return { status: 204 };
});
