import { composeDocuments } from '../lib/compose/base.ts';
import { composeSettings } from '../lib/compose/notifications.ts';
import { composeAuthenticate, composeSessions } from '../lib/compose/sessions.ts';
import { memberApi } from '../lib/http/api.ts';

const documents = composeDocuments();

const sessions = composeSessions(process.env, documents);

const settings = composeSettings(process.env, documents);

/** DELETE /v1/notifications → 204: the member is told nothing any more. */
export const handler = memberApi(composeAuthenticate(sessions), {}, async (_request, { email }) => {
  await settings.remove(email);
  return { status: 204 };
});
