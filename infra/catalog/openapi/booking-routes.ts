import * as z from 'zod/mini';
import {
  BookingBody,
  BookingPath,
  BoxesQuery,
  CancellationQuery,
  ClassesQuery,
} from '../../../lib/bookings/booking-api.ts';
import { BookingView } from '../../../lib/bookings/booking-view.ts';
import { BookingsQuery } from '../../../lib/listings/booking-list-api.ts';
import { ListedBookingView } from '../../../lib/listings/booking-list-view.ts';
import { ClassView } from '../../../lib/listings/class-view.ts';
import { BoxView, NextCursor, PrebookedAnswer } from './components.ts';
import { MEMBER_CALL_FAILURES, ORDER_REFUSALS } from './problem-codes.ts';
import type { RouteDescription } from './route-description.ts';

export const BOOKING_ROUTES = {
  'GET /v1/boxes': {
    summary: 'List the caller’s boxes',
    tag: 'Classes',
    query: BoxesQuery,
    responses: {
      200: {
        description: 'A page of boxes.',
        schema: z.strictObject({ boxes: z.array(BoxView), nextCursor: NextCursor }),
      },
    },
    problems: [],
  },
  'GET /v1/classes': {
    summary: 'List the classes of a box on up to seven days',
    tag: 'Classes',
    query: ClassesQuery,
    responses: {
      200: {
        description: 'The timetable.',
        schema: z.strictObject({
          box: z.string(),
          boxName: z.string(),
          timezone: z.string(),
          day: z.iso.date().register(z.globalRegistry, { description: 'The first of the listed days.' }),
          classes: z.array(ClassView),
        }),
      },
    },
    problems: ['box-not-found', ...MEMBER_CALL_FAILURES],
  },
  'GET /v1/bookings': {
    summary: 'List what the caller has booked at AimHarder, wherever it was booked',
    tag: 'Classes',
    query: BookingsQuery,
    responses: {
      200: {
        description: 'A page of bookings, by start. `complete` is false if bookings may be missing.',
        schema: z.strictObject({
          bookings: z.array(ListedBookingView),
          complete: z.boolean(),
          nextCursor: NextCursor,
        }),
      },
    },
    problems: ['box-not-found', ...MEMBER_CALL_FAILURES],
  },
  'POST /v1/bookings': {
    summary: 'Book a class at once, or order it if its bookings are not open yet',
    tag: 'Classes',
    body: BookingBody,
    responses: {
      201: { description: 'Booked, or on the waitlist.', schema: BookingView },
      202: {
        description: 'Bookings are not open yet; the class is ordered for its opening.',
        schema: PrebookedAnswer,
        headers: ['Location'],
      },
    },
    problems: ORDER_REFUSALS,
  },
  'DELETE /v1/bookings/{bookingId}': {
    summary: 'Cancel a booking; a late cancellation needs late=true',
    tag: 'Classes',
    path: BookingPath,
    query: CancellationQuery,
    responses: { 204: { description: 'Cancelled.' } },
    problems: ['booking-not-found', 'box-not-found', 'late-cancellation', ...MEMBER_CALL_FAILURES],
  },
} as const satisfies Readonly<Record<string, RouteDescription>>;
