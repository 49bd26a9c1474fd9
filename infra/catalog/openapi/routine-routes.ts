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
    summary: 'Want a class every week: its coming dates are ordered by themselves',
    tag: 'Routines',
    body: RoutineBody,
    answers: {
      200: { means: 'There is one for that class already.', schema: answers.OneRoutine, headers: ['Location'] },
      201: {
        means: 'Made; its next date is ordered within a minute.',
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
    summary: 'One routine, its next order, and what is in its way',
    tag: 'Routines',
    path: RoutinePath,
    answers: { 200: { means: 'The routine.', schema: answers.OneRoutine } },
    problems: ['routine-not-found'],
  },
  'PATCH /v1/routines/{id}': {
    summary: 'Change a routine; null takes an optional field back. Orders it no longer wants are cancelled at once',
    tag: 'Routines',
    path: RoutinePath,
    body: RoutineChanges,
    answers: { 200: { means: 'Changed.', schema: answers.OneRoutine } },
    problems: ['routine-not-found', 'box-not-found'],
  },
  'DELETE /v1/routines/{id}': {
    summary: 'End a routine, its pauses and its pending orders; bookings stay',
    tag: 'Routines',
    path: RoutinePath,
    answers: { 204: NO_CONTENT('Ended.') },
    problems: ['routine-not-found'],
  },
  'PUT /v1/pauses': {
    summary: 'Replace the pauses: dates of classes on which no routine, or not that one, books',
    tag: 'Routines',
    body: PausesBody,
    answers: {
      200: {
        means: 'Replaced. Coming classes inside them that are booked already stay so, and are named.',
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
    summary: 'End all pauses; what they held back is ordered within a minute',
    tag: 'Routines',
    answers: { 204: NO_CONTENT('Ended, or there were none.') },
    problems: [],
  },
} as const satisfies Readonly<Record<string, Described>>;
