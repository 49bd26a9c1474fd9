import { AccountEnd, endAccount } from '../lib/accounts/end-account.ts';
import { composeEndAccount } from '../lib/compose/accounts.ts';
import { composeBase } from '../lib/compose/base.ts';
import { backgroundFunction } from '../lib/platform/background-function.ts';

const deps = composeEndAccount(composeBase(process.env));

/** Started by the sweep, and by `npm run member`: deletes an account, completes a deletion, or ends an uninvited membership. */
export const handler = backgroundFunction((event) => endAccount(deps, AccountEnd.parse(event)));
