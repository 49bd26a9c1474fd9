import { composeDocuments } from '../lib/compose/base.ts';
import { composeAuthenticate, composeForgetPassword, composeSessions } from '../lib/compose/sessions.ts';
import { memberApi } from '../lib/http/api.ts';

const documents = composeDocuments();

const sessions = composeSessions(process.env, documents);

const forget = composeForgetPassword(process.env, documents);

/** DELETE /v1/credentials → 204: the member's password is kept no longer. */
export const handler = memberApi(composeAuthenticate(sessions), {}, async (_request, { email }) => {
  await forget(email);
  return { status: 204 };
});
