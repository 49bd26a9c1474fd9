import { AccountEnd, endAccount } from '../lib/accounts/end-account.ts';
import { composeEndAccount } from '../lib/compose/accounts.ts';
import { composeBase } from '../lib/compose/base.ts';
import { backgroundFunction } from '../lib/platform/background-function.ts';

const deps = composeEndAccount(composeBase(process.env));

/**
 * Deletes an account, completes a deletion, or ends the sessions and orders of a member who is no longer invited. The sweep or
 * `npm run member` invokes this function.
 */
export const handler = backgroundFunction((event) => endAccount(deps, AccountEnd.parse(event)));
