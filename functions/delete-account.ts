import { deleteOwnAccount } from '../lib/accounts/delete-account.ts';
import { composeDeleteAccount } from '../lib/compose/accounts.ts';
import { composeMemberApi } from '../lib/compose/member-api.ts';

const { base, memberRoute } = composeMemberApi(process.env);

const deps = composeDeleteAccount(base);

/** DELETE /v1/account → 204: deletes the caller's account. */
export const handler = memberRoute({}, async (_request, caller) => {
  await deleteOwnAccount(deps, caller);
  return { status: 204 };
});
