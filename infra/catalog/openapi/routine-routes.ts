import {
  PausesBody,
  RoutineBody,
  RoutineChanges,
  RoutinePath,
  RoutinesQuery,
} from '../../../lib/routines/routine-api.ts';
import * as answers from './responses.ts';
import { type Described, NO_CONTENT } from './responses.ts';

/** What the routes of routines and pauses take and answer. */
export const ROUTINE_ROUTES = {
  'POST /v1/routines': {
    summary: 'Create a routine: the service orders its class every week',
    tag: 'Routines',
    body: RoutineBody,
    answers: {
      200: {
        means: 'The member already has a routine for that class.',
        schema: answers.OneRoutine,
        headers: ['Location'],
      },
      201: {
        means: 'Created; its next date is ordered within a minute.',
        schema: answers.OneRoutine,
        headers: ['Location'],
      },
    },
    problems: ['box-not-found', 'routine-limit'],
  },
  'GET /v1/routines': {
    summary: 'The caller’s routines, the oldest first',
    tag: 'Routines',
    query: RoutinesQuery,
    answers: { 200: { means: 'A page of them.', schema: answers.Routines } },
    problems: [],
  },
  'GET /v1/routines/{id}': {
    summary: 'One routine, with its next pre-booking and its problem, if it has one',
    tag: 'Routines',
    path: RoutinePath,
    answers: { 200: { means: 'The routine.', schema: answers.OneRoutine } },
    problems: ['routine-not-found'],
  },
  'PATCH /v1/routines/{id}': {
    summary:
      'Change a routine; null resets an optional field. Pre-bookings that it no longer wants are cancelled at once',
    tag: 'Routines',
    path: RoutinePath,
    body: RoutineChanges,
    answers: { 200: { means: 'Changed.', schema: answers.OneRoutine } },
    problems: ['routine-not-found', 'box-not-found'],
  },
  'DELETE /v1/routines/{id}': {
    summary: 'Delete a routine and its pauses, and cancel its pending pre-bookings; bookings stay',
    tag: 'Routines',
    path: RoutinePath,
    answers: { 204: NO_CONTENT('Deleted.') },
    problems: ['routine-not-found'],
  },
  'PUT /v1/pauses': {
    summary: 'Replace the pauses: ranges of dates on which all routines, or one of them, book nothing',
    tag: 'Routines',
    body: PausesBody,
    answers: {
      200: {
        means: 'Replaced. Coming classes that are already booked within the pauses stay booked, and are listed.',
        schema: answers.PausesSet,
      },
    },
    problems: ['routine-not-found'],
  },
  'GET /v1/pauses': {
    summary: 'The caller’s pauses',
    tag: 'Routines',
    answers: { 200: { means: 'All of them.', schema: answers.Pauses } },
    problems: [],
  },
  'DELETE /v1/pauses': {
    summary: 'End all pauses; the classes that they covered are ordered within a minute',
    tag: 'Routines',
    answers: { 204: NO_CONTENT('Ended, or there were none.') },
    problems: [],
  },
} as const satisfies Readonly<Record<string, Described>>;
