import * as z from 'zod/mini';
import { type FUNCTIONS, functionsByName } from '../functions.ts';
import { ACCOUNT_ROUTES } from './account-routes.ts';
import { BOOKING_ROUTES } from './booking-routes.ts';
import { CALENDAR_ROUTES } from './calendar-routes.ts';
import { NOTIFICATION_ROUTES } from './notification-routes.ts';
import { PAGE_ROUTES } from './page-routes.ts';
import { PREBOOKING_ROUTES } from './prebooking-routes.ts';
import { describeHead, type RouteDescription } from './route-description.ts';
import { ROUTINE_ROUTES } from './routine-routes.ts';
import { SESSION_ROUTES } from './session-routes.ts';

type Functions = typeof FUNCTIONS;

type RoutesByFunction = {
  [Name in keyof Functions]: Functions[Name] extends { readonly routes: readonly (infer Route)[] } ? Route : never;
};

/** Every route of the catalogue, as "METHOD /path/{parameter}", except the one for unknown paths (`$default`). */
type Route = Exclude<RoutesByFunction[keyof Functions], '$default'>;

const SERVICE_ROUTES = {
  'GET /v1/health': {
    summary: 'Check whether the service is up',
    tag: 'Service',
    responses: { 200: { description: 'It is up.', schema: z.strictObject({ status: z.string() }) } },
    problems: [],
  },
  'GET /openapi.json': {
    summary: 'Get this description',
    tag: 'Service',
    responses: { 200: { description: 'OpenAPI 3.1.', schema: z.looseObject({ openapi: z.string() }) } },
    problems: [],
  },
} as const satisfies Readonly<Record<string, RouteDescription>>;

/** What each route accepts and answers. The file does not compile while a route of the catalogue is missing. */
export const ROUTES: Readonly<Record<Route, RouteDescription>> = {
  ...SERVICE_ROUTES,
  'HEAD /v1/health': describeHead(SERVICE_ROUTES['GET /v1/health']),
  'HEAD /openapi.json': describeHead(SERVICE_ROUTES['GET /openapi.json']),
  ...PAGE_ROUTES,
  'HEAD /': describeHead(PAGE_ROUTES['GET /']),
  'HEAD /assets/{file}': describeHead(PAGE_ROUTES['GET /assets/{file}']),
  'HEAD /manifest.webmanifest': describeHead(PAGE_ROUTES['GET /manifest.webmanifest']),
  'HEAD /sw.js': describeHead(PAGE_ROUTES['GET /sw.js']),
  ...SESSION_ROUTES,
  ...ACCOUNT_ROUTES,
  ...BOOKING_ROUTES,
  ...PREBOOKING_ROUTES,
  ...CALENDAR_ROUTES,
  'HEAD /v1/calendar/{feed}': describeHead(CALENDAR_ROUTES['GET /v1/calendar/{feed}']),
  ...NOTIFICATION_ROUTES,
  ...ROUTINE_ROUTES,
};

/** The routes that need no access token. */
export const PUBLIC_ROUTES: ReadonlySet<string> = new Set(
  [...functionsByName.values()].flatMap((definition) => (definition.isPublic ? (definition.routes ?? []) : [])),
);
