import type { FunctionDefinition } from './function-definition.ts';
import { AUTHENTICATE, ROUTE_LIMITS } from './grants.ts';

/** What deleting an account does to each table. */
const DELETES_ACCOUNTS = {
  tables: {
    prebookings: ['GetItem', 'Query', 'UpdateItem', 'DeleteItem'],
    bookings: ['Query', 'DeleteItem'],
    messages: ['Query', 'DeleteItem'],
    routines: ['DeleteItem'],
    calendars: ['DeleteItem'],
    notifications: ['DeleteItem'],
    pushSubscriptions: ['Query', 'DeleteItem'],
    credentials: ['DeleteItem'],
    // Where the member has logged in from.
    loginAttempts: ['DeleteItem'],
    tombstones: ['PutItem', 'UpdateItem', 'DeleteItem'],
  },
  // The tombstone holds the e-mail encrypted.
  secrets: ['keys'],
  wakeUps: ['delete'],
} as const;

/** Functions of members' accounts as a whole. */
export const ACCOUNT_FUNCTIONS = {
  'get-account': {
    ...ROUTE_LIMITS,
    routes: ['GET /v1/account'],
    tables: {
      sessions: [...AUTHENTICATE, 'Query'],
      prebookings: ['Query'],
      bookings: ['Query'],
      routines: ['GetItem'],
      calendars: ['GetItem'],
      notifications: ['GetItem'],
      pushSubscriptions: ['Query'],
      messages: ['Query'],
      // It sees whether a password is kept; without the encryption keys it cannot read one.
      credentials: ['GetItem'],
    },
    impact: 'Members cannot see all that is kept of them, nor take it away.',
  },
  'delete-account': {
    ...ROUTE_LIMITS,
    ...DELETES_ACCOUNTS,
    routes: ['DELETE /v1/account'],
    tables: { ...DELETES_ACCOUNTS.tables, sessions: [...AUTHENTICATE, 'Query', 'DeleteItem'] },
    impact: 'Members cannot delete their account.',
  },
  'end-account': {
    ...DELETES_ACCOUNTS,
    timeoutSeconds: 110,
    memoryMB: 256,
    tables: { ...DELETES_ACCOUNTS.tables, sessions: ['Query', 'DeleteItem'] },
    publishesEvents: true,
    impact:
      'Accounts whose deletion was interrupted stay, and so do the sessions of members who are no longer invited.',
  },
} as const satisfies Record<string, FunctionDefinition>;
