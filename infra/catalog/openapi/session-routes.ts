import * as z from 'zod/mini';
import { LoginView } from '../../../lib/login/login-view.ts';
import {
  EndSessionQuery,
  LoginBody,
  LogoutBody,
  SessionPath,
  SessionsQuery,
} from '../../../lib/sessions/session-api.ts';
import { SessionView } from '../../../lib/sessions/session-view.ts';
import { NextCursor } from './components.ts';
import { MEMBER_CALL_FAILURES, UPSTREAM_FAILURES } from './problem-codes.ts';
import type { RouteDescription } from './route-description.ts';

export const SESSION_ROUTES = {
  'POST /v1/login': {
    summary: 'Log in: create a session for this device, and the background session that books',
    tag: 'Sessions',
    body: LoginBody,
    responses: { 200: { description: 'Logged in.', schema: LoginView } },
    problems: [
      'not-invited',
      'invalid-credentials',
      'session-changed',
      'too-many-attempts',
      'too-many-requests',
      ...UPSTREAM_FAILURES,
    ],
  },
  'POST /v1/logout': {
    summary:
      'End one device session, or all; the background session, pre-bookings, the calendar and notifications stay',
    tag: 'Sessions',
    body: LogoutBody,
    responses: { 204: { description: 'Ended, or there was none.' } },
    problems: [],
  },
  'GET /v1/sessions': {
    summary: 'List the caller’s sessions',
    tag: 'Sessions',
    query: SessionsQuery,
    responses: {
      200: {
        description: 'A page of sessions.',
        schema: z.strictObject({ sessions: z.array(SessionView), nextCursor: NextCursor }),
      },
    },
    problems: [],
  },
  'DELETE /v1/sessions/{fingerprint}': {
    summary: 'End one session; the background session needs a confirmation and a login within the last 10 minutes',
    tag: 'Sessions',
    path: SessionPath,
    query: EndSessionQuery,
    responses: { 204: { description: 'Ended.' } },
    problems: ['session-not-found', 'session-protected', 'login-required'],
  },
  'POST /v1/sessions/refresh': {
    summary: 'Refresh the caller’s device session now',
    tag: 'Sessions',
    responses: { 200: { description: 'Refreshed.', schema: z.strictObject({ session: SessionView }) } },
    problems: ['session-changed', ...MEMBER_CALL_FAILURES],
  },
  'DELETE /v1/credentials': {
    summary: 'Delete the password that a login with `keepCredentials` has stored',
    tag: 'Sessions',
    responses: { 204: { description: 'Deleted, or there was none.' } },
    problems: [],
  },
} as const satisfies Readonly<Record<string, RouteDescription>>;
