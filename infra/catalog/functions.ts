import { ACCOUNT_FUNCTIONS } from './account-functions.ts';
import { BOOKING_FUNCTIONS } from './booking-functions.ts';
import { CALENDAR_FUNCTIONS } from './calendar-functions.ts';
import { DOCTOR_FUNCTIONS } from './doctor-functions.ts';
import type { FunctionDefinition, OptionalPart } from './function-definition.ts';
import { COUNT_REQUESTS, ROUTE_LIMITS } from './grants.ts';
import { NOTIFICATION_FUNCTIONS } from './notification-functions.ts';
import { PREBOOKING_FUNCTIONS } from './prebooking-functions.ts';
import { ROUTINE_FUNCTIONS } from './routine-functions.ts';
import { SESSION_FUNCTIONS } from './session-functions.ts';

/**
 * The functions, one per file in `functions/`: their routes, permissions, limits and environment variables. CDK, the local
 * stack and the description of the API read this catalogue.
 */
export const FUNCTIONS = {
  'describe-api': {
    ...ROUTE_LIMITS,
    routes: ['GET /openapi.json', 'HEAD /openapi.json'],
    isPublic: true,
    settings: ['PUBLIC_URL'],
    impact: 'Client developers cannot read the description of the API.',
  },
  health: {
    ...ROUTE_LIMITS,
    routes: ['GET /v1/health', 'HEAD /v1/health'],
    isPublic: true,
    impact: 'Monitoring tools report that the API is down.',
  },
  'not-found': {
    ...ROUTE_LIMITS,
    routes: ['$default'],
    isPublic: true,
    impact: 'Clients that ask for a wrong path get no explanation.',
  },
  page: {
    ...ROUTE_LIMITS,
    routes: [
      'GET /',
      'HEAD /',
      'GET /assets/{file}',
      'HEAD /assets/{file}',
      'GET /manifest.webmanifest',
      'HEAD /manifest.webmanifest',
      'GET /sw.js',
      'HEAD /sw.js',
    ],
    isPublic: true,
    impact: 'Members cannot open the page, except where it is installed already.',
  },
  ...SESSION_FUNCTIONS,
  ...ACCOUNT_FUNCTIONS,
  ...BOOKING_FUNCTIONS,
  ...PREBOOKING_FUNCTIONS,
  ...CALENDAR_FUNCTIONS,
  ...NOTIFICATION_FUNCTIONS,
  ...ROUTINE_FUNCTIONS,
  ...DOCTOR_FUNCTIONS,
} as const satisfies Record<string, FunctionDefinition>;

export type FunctionName = keyof typeof FUNCTIONS;

/**
 * The functions by name, each with the type `FunctionDefinition`. (In `FUNCTIONS`, the type of a function has only the fields that are
 * set.) A function whose routes need an access token also gets the permission to count the member's requests (table `limits`).
 */
export const functionsByName: ReadonlyMap<string, FunctionDefinition> = new Map(
  Object.entries<FunctionDefinition>(FUNCTIONS).map(([name, definition]) => [
    name,
    definition.routes && !definition.isPublic
      ? { ...definition, tables: { ...definition.tables, limits: COUNT_REQUESTS } }
      : definition,
  ]),
);

/** Selects the functions of an installation. A function that belongs to an option is left out unless the option is given. */
export const selectFunctions = (
  options: Readonly<Partial<Record<OptionalPart, unknown>>>,
): ReadonlyMap<string, FunctionDefinition> =>
  new Map([...functionsByName].filter(([, { onlyWith }]) => onlyWith === undefined || options[onlyWith] !== undefined));
