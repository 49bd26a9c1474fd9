import * as z from 'zod/mini';
import { PrebookingBody, PrebookingPath, PrebookingsQuery } from '../../../lib/prebookings/prebooking-api.ts';
import { PrebookingView } from '../../../lib/prebookings/prebooking-view.ts';
import { NextCursor, PrebookingAnswer } from './components.ts';
import { ORDER_REFUSALS } from './problem-codes.ts';
import type { RouteDescription } from './route-description.ts';

export const PREBOOKING_ROUTES = {
  'POST /v1/prebookings': {
    summary: 'Order a class, which the service books the instant its bookings open',
    tag: 'Pre-bookings',
    body: PrebookingBody,
    responses: {
      200: {
        description: 'The caller had already ordered this class.',
        schema: PrebookingAnswer,
        headers: ['Location'],
      },
      201: {
        description: 'Ordered; or, because bookings are open, booked or on the waitlist.',
        schema: PrebookingAnswer,
        headers: ['Location'],
      },
    },
    problems: ORDER_REFUSALS,
  },
  'GET /v1/prebookings': {
    summary: 'List the caller’s pre-bookings, the class with the latest start first',
    tag: 'Pre-bookings',
    query: PrebookingsQuery,
    responses: {
      200: {
        description: 'A page of pre-bookings.',
        schema: z.strictObject({ prebookings: z.array(PrebookingView), nextCursor: NextCursor }),
      },
    },
    problems: [],
  },
  'GET /v1/prebookings/{id}': {
    summary: 'Get one pre-booking',
    tag: 'Pre-bookings',
    path: PrebookingPath,
    responses: { 200: { description: 'The pre-booking.', schema: PrebookingAnswer } },
    problems: ['prebooking-not-found'],
  },
  'DELETE /v1/prebookings/{id}': {
    summary: 'Cancel a pending pre-booking',
    tag: 'Pre-bookings',
    path: PrebookingPath,
    responses: { 204: { description: 'Cancelled.' } },
    problems: ['prebooking-not-found', 'prebooking-finished', 'prebooking-firing'],
  },
} as const satisfies Readonly<Record<string, RouteDescription>>;
