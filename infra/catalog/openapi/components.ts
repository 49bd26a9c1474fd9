import * as z from 'zod/mini';
import { BookingView } from '../../../lib/bookings/booking-view.ts';
import { ListedBookingView } from '../../../lib/listings/booking-list-view.ts';
import { ClassView } from '../../../lib/listings/class-view.ts';
import { NotificationsView, NotificationsWithPushKeyView, PushView } from '../../../lib/notifications/settings-view.ts';
import { PrebookingView, ResultView } from '../../../lib/prebookings/prebooking-view.ts';
import { PauseView, RoutineView } from '../../../lib/routines/routine-view.ts';
import { SessionView } from '../../../lib/sessions/session-view.ts';

/* Answers that are named here. The other answers are named after their operations (`answerName`). */

/** The answer about a pre-booking. */
export const PrebookingAnswer = z.strictObject({ prebooking: PrebookingView });
/** The answer to a booking request that was too early: the class is ordered instead. */
export const PrebookedAnswer = z.strictObject({ status: z.literal('prebooked'), prebooking: PrebookingView });
export const RoutineAnswer = z.strictObject({ routine: RoutineView });
export const NotificationsAnswer = z.strictObject({ notifications: NotificationsWithPushKeyView });

export const BoxView = z.strictObject({ box: z.string(), boxId: z.string(), name: z.string(), timezone: z.string() });

/** Schemas by the names that they have in the description of the API. */
export const COMPONENTS = {
  Session: SessionView,
  Result: ResultView,
  Prebooking: PrebookingView,
  Box: BoxView,
  Class: ClassView,
  ListedBooking: ListedBookingView,
  Routine: RoutineView,
  Pause: PauseView,
  Notifications: NotificationsWithPushKeyView,
  ExportedNotifications: NotificationsView,
  PushSubscription: PushView,
  Booking: BookingView,
  PrebookingAnswer,
  PrebookedAnswer,
  RoutineAnswer,
  NotificationsAnswer,
} as const;

/** The cursor of the next page of a list; null on the last page. */
export const NextCursor = z.nullable(z.string());
