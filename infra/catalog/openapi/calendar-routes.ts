import * as z from 'zod/mini';
import { FeedPath, FeedQuery } from '../../../lib/calendar/calendar-api.ts';
import type { RouteDescription } from './route-description.ts';

export const CALENDAR_ROUTES = {
  'POST /v1/calendar': {
    summary: 'Create a private calendar feed; it replaces the previous feed',
    tag: 'Calendar',
    responses: { 201: { description: 'Created.', schema: z.strictObject({ url: z.url() }) } },
    problems: [],
  },
  'DELETE /v1/calendar': {
    summary: 'Revoke the calendar feed',
    tag: 'Calendar',
    responses: { 204: { description: 'Revoked, or there was none.' } },
    problems: [],
  },
  'GET /v1/calendar/{feed}': {
    summary: 'Read the feed; its name is its secret',
    tag: 'Calendar',
    path: FeedPath,
    query: FeedQuery,
    responses: {
      200: { description: 'The feed as iCalendar.', contentType: 'text/calendar', headers: ['ETag'] },
      304: { description: 'The feed has not changed since the ETag given.', headers: ['ETag'] },
    },
    problems: ['not-found'],
  },
} as const satisfies Readonly<Record<string, RouteDescription>>;
