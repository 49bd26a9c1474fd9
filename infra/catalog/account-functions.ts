import type { FunctionDefinition } from './function-definition.ts';
import { AUTHENTICATE, ROUTE_LIMITS } from './grants.ts';

/** The grants for deleting an account. */
const ACCOUNT_DELETION = {
  tables: {
    prebookings: ['GetItem', 'Query', 'UpdateItem', 'DeleteItem'],
    bookings: ['Query', 'DeleteItem'],
    messages: ['Query', 'DeleteItem'],
    routines: ['DeleteItem'],
    calendars: ['DeleteItem'],
    notifications: ['DeleteItem'],
    pushSubscriptions: ['Query', 'DeleteItem'],
    credentials: ['DeleteItem'],
    // This item contains hashes of the devices and addresses from which the member has logged in.
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
      // The function sees whether a password is kept. Without the encryption keys, it cannot read the password.
      credentials: ['GetItem'],
    },
    impact: 'Members cannot see or export what is stored about them.',
  },
  'delete-account': {
    ...ROUTE_LIMITS,
    ...ACCOUNT_DELETION,
    routes: ['DELETE /v1/account'],
    tables: { ...ACCOUNT_DELETION.tables, sessions: [...AUTHENTICATE, 'Query', 'DeleteItem'] },
    impact: 'Members cannot delete their account.',
  },
  // Completes deletions, takes their second looks, and ends the sessions and orders of members who are no longer invited.
  'end-account': {
    ...ACCOUNT_DELETION,
    timeoutSeconds: 110,
    memoryMB: 256,
    tables: { ...ACCOUNT_DELETION.tables, sessions: ['Query', 'DeleteItem'] },
    publishesEvents: true,
    impact:
      'Accounts whose deletion was interrupted stay, and so do the sessions of members who are no longer invited.',
  },
} as const satisfies Record<string, FunctionDefinition>;
