import type { FunctionDefinition } from './function-definition.ts';
import {
  AIMHARDER_ORIGINS,
  AUTHENTICATE,
  AUTHENTICATE_AND_REFRESH,
  CALLS_AIMHARDER,
  RELOGIN,
  ROUTE_LIMITS,
  WHEEL_SETTINGS,
} from './grants.ts';

/** Functions of logins and sessions. */
export const SESSION_FUNCTIONS = {
  login: {
    ...CALLS_AIMHARDER,
    routes: ['POST /v1/login'],
    isPublic: true,
    tables: {
      sessions: ['GetItem', 'Query', 'PutItem', 'UpdateItem'],
      loginAttempts: ['GetItem', 'UpdateItem'],
      boxes: ['UpdateItem'],
      credentials: ['UpdateItem', 'DeleteItem'],
      tombstones: ['GetItem', 'DeleteItem'],
      // The oldest device makes room for a new one, and gets no more push messages.
      pushSubscriptions: ['Query', 'DeleteItem'],
    },
    secrets: ['keys', 'salt'],
    settings: [...CALLS_AIMHARDER.settings, 'ALLOWED_EMAILS'],
    impact: 'Members cannot log in, so they cannot replace a session that AimHarder has ended.',
  },
  logout: {
    ...ROUTE_LIMITS,
    routes: ['POST /v1/logout'],
    tables: { sessions: ['GetItem', 'Query', 'DeleteItem'], pushSubscriptions: ['Query', 'DeleteItem'] },
    impact: 'Members who log out stay logged in.',
  },
  'list-sessions': {
    ...ROUTE_LIMITS,
    routes: ['GET /v1/sessions'],
    tables: { sessions: ['GetItem', 'Query'] },
    impact: 'Members cannot see where they are logged in.',
  },
  'end-session': {
    ...ROUTE_LIMITS,
    routes: ['DELETE /v1/sessions/{fingerprint}'],
    tables: {
      sessions: ['GetItem', 'DeleteItem'],
      credentials: ['DeleteItem'],
      pushSubscriptions: ['Query', 'DeleteItem'],
    },
    impact: 'Members cannot end a session, such as the session of a lost phone.',
  },
  'refresh-session': {
    ...CALLS_AIMHARDER,
    routes: ['POST /v1/sessions/refresh'],
    tables: { sessions: AUTHENTICATE_AND_REFRESH },
    impact: 'Members cannot refresh their session themselves; the service still refreshes it every few minutes.',
  },
  'delete-credentials': {
    ...ROUTE_LIMITS,
    routes: ['DELETE /v1/credentials'],
    tables: { sessions: AUTHENTICATE, credentials: ['DeleteItem'] },
    impact: 'Passwords stay stored although their members asked us to forget them.',
  },
  'refresh-tokens': {
    everyMinute: true,
    // Runs may overlap: one starts every minute, and may take two. A run starts no refresh in its last 15 s.
    timeoutSeconds: 120,
    // A run keeps up to 50 TLS connections open (REFRESH_CONCURRENCY).
    memoryMB: 1024,
    tables: {
      sessions: ['GetItem', 'UpdateItem'],
      'sessions/byRefreshSlot': ['Query'],
      credentials: RELOGIN,
    },
    secrets: ['keys'],
    publishesEvents: true,
    // If a slot has too many sessions for one run, the run starts its workers, which are further runs of this function.
    starts: ['refresh-tokens'],
    settings: [...AIMHARDER_ORIGINS, ...WHEEL_SETTINGS, 'REFRESH_CONCURRENCY'],
    impact: 'Sessions are not refreshed; after half an hour, all members have to log in again.',
  },
} as const satisfies Record<string, FunctionDefinition>;
