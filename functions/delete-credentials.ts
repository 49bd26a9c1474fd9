import { composeForgetPassword } from '../lib/compose/login.ts';
import { composeMemberApi } from '../lib/compose/member-api.ts';

const { base, memberRoute } = composeMemberApi(process.env);

const forgetPassword = composeForgetPassword(base);

/** DELETE /v1/credentials → 204: deletes the caller's kept password. */
export const handler = memberRoute({}, async (_request, { email }) => {
  await forgetPassword(email);
  return { status: 204 };
});
