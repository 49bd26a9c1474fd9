import type * as z from 'zod/mini';
import type { ErrorCode } from '../../../lib/platform/errors.ts';

export const TAGS = {
  Sessions: 'Logins: one session for each device, and the background session that books.',
  Classes: 'Boxes, their timetables, and bookings that are made at once.',
  'Pre-bookings': 'Orders to book a class the instant its bookings open.',
  Routines: 'Classes that a member wants every week, which the service orders, and the pauses in between.',
  Calendar: 'A private feed of the member’s classes.',
  Notifications: 'Messages to the member about bookings and sessions, by webhook, mail, ntfy, Telegram and Web Push.',
  Account: 'All that is stored about a member: its export, and its deletion.',
  Service: 'The service itself.',
} as const;

/** One successful response of a route. */
export type ResponseDescription = {
  readonly description: string;
  /** The schema of a JSON body. A response has a schema, or a `contentType`, or no body. */
  readonly schema?: z.ZodMiniType;
  /** The content type of a body that is text. */
  readonly contentType?: string;
  /** The names of its headers. */
  readonly headers?: readonly string[];
};

/** What a route accepts and answers. The catalogue of functions states whether it needs an access token. */
export type RouteDescription = {
  readonly summary: string;
  readonly tag: keyof typeof TAGS;
  readonly path?: z.ZodMiniType;
  readonly query?: z.ZodMiniType;
  readonly body?: z.ZodMiniType;
  /** Successful responses by status. */
  readonly responses: Readonly<Record<number, ResponseDescription>>;
  /** Problems besides those that every route may answer (describe-operation.ts). */
  readonly problems: readonly ErrorCode[];
};

/** Describes a HEAD route: it answers like the GET route, but without bodies. */
export const describeHead = (get: RouteDescription): RouteDescription => ({
  ...get,
  summary: `${get.summary}: the headers alone`,
  responses: Object.fromEntries(
    Object.entries(get.responses).map(([status, { schema: _, contentType: __, ...head }]) => [status, head]),
  ),
});
