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
    summary: 'Create a routine: the service orders its class every week; `problem` is what stands in its way now',
    tag: 'Routines',
    body: RoutineBody,
    responses: {
      200: { description: 'That class has a routine already.', schema: RoutineAnswer, headers: ['Location'] },
      201: {
        description: 'Created; the service orders its next date within a minute.',
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
    summary: 'Get one routine, its next order, and what keeps it from booking',
    tag: 'Routines',
    path: RoutinePath,
    responses: { 200: { description: 'The routine.', schema: RoutineAnswer } },
    problems: ['routine-not-found'],
  },
  'PATCH /v1/routines/{id}': {
    summary: 'Change a routine; null clears an optional field. Orders that it no longer wants are cancelled at once',
    tag: 'Routines',
    path: RoutinePath,
    body: RoutineChanges,
    responses: { 200: { description: 'Changed.', schema: RoutineAnswer } },
    problems: ['routine-not-found', 'box-not-found'],
  },
  'DELETE /v1/routines/{id}': {
    summary: 'End a routine, its pauses and its pending orders; bookings stay',
    tag: 'Routines',
    path: RoutinePath,
    responses: { 204: { description: 'Ended.' } },
    problems: ['routine-not-found'],
  },
  'PUT /v1/pauses': {
    summary: 'Replace the pauses: dates of classes that one routine, or every routine, skips',
    tag: 'Routines',
    body: PausesBody,
    responses: {
      200: {
        description:
          'Replaced. `booked` names the coming classes in the pauses that are booked already; they stay booked.',
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
    summary: 'End all pauses; the service orders the paused dates within a minute',
    tag: 'Routines',
    responses: { 204: { description: 'Ended, or there were none.' } },
    problems: [],
  },
} as const satisfies Readonly<Record<string, RouteDescription>>;
