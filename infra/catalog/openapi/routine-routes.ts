import * as z from 'zod/mini';
import {
  PausesBody,
  RoutineBody,
  RoutineChanges,
  RoutinePath,
  RoutinesQuery,
} from '../../../lib/routines/routine-api.ts';
import { BookedInPauseView, PauseView, RoutineView } from '../../../lib/routines/routine-view.ts';
import { NextCursor, RoutineAnswer } from './components.ts';
import type { RouteDescription } from './route-description.ts';

export const ROUTINE_ROUTES = {
  'POST /v1/routines': {
    summary: 'Create a routine: the service orders its class every week; `problem` says what prevents that now',
    tag: 'Routines',
    body: RoutineBody,
    responses: {
      200: { description: 'That class has a routine already.', schema: RoutineAnswer, headers: ['Location'] },
      201: {
        description: 'Created; the service plans its next dates within a minute.',
        schema: RoutineAnswer,
        headers: ['Location'],
      },
    },
    problems: ['box-not-found', 'routine-limit'],
  },
  'GET /v1/routines': {
    summary: 'List the caller’s routines, the oldest first',
    tag: 'Routines',
    query: RoutinesQuery,
    responses: {
      200: {
        description: 'A page of routines.',
        schema: z.strictObject({ routines: z.array(RoutineView), nextCursor: NextCursor }),
      },
    },
    problems: [],
  },
  'GET /v1/routines/{id}': {
    summary: 'Get one routine, its next pre-booking, and what keeps it from booking',
    tag: 'Routines',
    path: RoutinePath,
    responses: { 200: { description: 'The routine.', schema: RoutineAnswer } },
    problems: ['routine-not-found'],
  },
  'PATCH /v1/routines/{id}': {
    summary:
      'Change a routine; null clears an optional field. Pre-bookings that it no longer wants are cancelled at once',
    tag: 'Routines',
    path: RoutinePath,
    body: RoutineChanges,
    responses: { 200: { description: 'Changed.', schema: RoutineAnswer } },
    problems: ['routine-not-found', 'box-not-found'],
  },
  'DELETE /v1/routines/{id}': {
    summary: 'Delete a routine and its pauses, and cancel its pending pre-bookings; bookings stay',
    tag: 'Routines',
    path: RoutinePath,
    responses: { 204: { description: 'Deleted.' } },
    problems: ['routine-not-found'],
  },
  'PUT /v1/pauses': {
    summary: 'Replace the caller’s pauses: ranges of dates that one routine, or every routine, leaves out',
    tag: 'Routines',
    body: PausesBody,
    responses: {
      200: {
        description: 'Replaced. `booked` lists the classes in the pauses that are booked already; they stay booked.',
        schema: z.strictObject({ pauses: z.array(PauseView), booked: z.array(BookedInPauseView) }),
      },
    },
    problems: ['routine-not-found'],
  },
  'GET /v1/pauses': {
    summary: 'List the caller’s pauses',
    tag: 'Routines',
    responses: { 200: { description: 'All pauses.', schema: z.strictObject({ pauses: z.array(PauseView) }) } },
    problems: [],
  },
  'DELETE /v1/pauses': {
    summary: 'Delete all pauses; the service plans the paused dates again within a minute',
    tag: 'Routines',
    responses: { 204: { description: 'Deleted, or there were none.' } },
    problems: [],
  },
} as const satisfies Readonly<Record<string, RouteDescription>>;
