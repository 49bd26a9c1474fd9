import { composeDocuments } from '../lib/compose/base.ts';
import { composeAuthenticate, composeForgetCredentials, composeSessions } from '../lib/compose/sessions.ts';
import { memberApi } from '../lib/http/api.ts';

const documents = composeDocuments();

const sessions = composeSessions(process.env, documents);

const forget = composeForgetCredentials(process.env, documents);

/** DELETE /v1/credentials → 204: the member's password is kept no longer. */
export const handler = memberApi(composeAuthenticate(sessions), {}, async (_request, { email }) => {
  await forget(email);
  return { status: 204 };
});
