import * as z from 'zod/mini';
import { AccountView } from '../../../lib/accounts/account-view.ts';
import type { RouteDescription } from './route-description.ts';

export const ACCOUNT_ROUTES = {
  'GET /v1/account': {
    summary: 'Get everything that is stored about the caller, without secrets',
    tag: 'Account',
    responses: {
      200: {
        description: 'Everything that is stored about the member, except what is encrypted or hashed.',
        schema: z.strictObject({ account: AccountView }),
      },
    },
    problems: [],
  },
  'DELETE /v1/account': {
    summary:
      'Delete the caller’s account at once and for good; what AimHarder has booked stays booked. Needs a login within the last 10 minutes',
    tag: 'Account',
    responses: { 204: { description: 'Deleted. The access token is no longer valid.' } },
    problems: ['login-required', 'prebooking-firing'],
  },
} as const satisfies Readonly<Record<string, RouteDescription>>;
