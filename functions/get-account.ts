import { exportAccount } from '../lib/accounts/export-account.ts';
import { composeExportAccount } from '../lib/compose/accounts.ts';
import { composeMemberApi } from '../lib/compose/member-api.ts';

const { base, memberRoute } = composeMemberApi(process.env);

const deps = composeExportAccount(base);

/** GET /v1/account → 200 `{account}`: all data that is stored about the caller, without secrets. */
export const handler = memberRoute({}, async (_request, caller) => ({
  status: 200,
  body: { account: await exportAccount(deps, caller) },
}));
