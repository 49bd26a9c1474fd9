import type { Box } from '../aimharder/client.ts';
import type { BookingStore } from '../bookings/booking-store.ts';
import type { MemberRule } from '../boxes/learned-rules.ts';
import type { CalendarStore } from '../calendar/calendar-store.ts';
import { DEFAULTS } from '../notifications/notification-settings.ts';
import type { Outbox } from '../notifications/outbox.ts';
import type { PushSubscriptions } from '../notifications/push-subscriptions.ts';
import type { SettingsStore } from '../notifications/settings-store.ts';
import { settingsView } from '../notifications/settings-view.ts';
import { toIso } from '../platform/dynamodb.ts';
import type { Logger } from '../platform/logger.ts';
import type { PrebookingStore } from '../prebookings/prebooking-store.ts';
import { prebookingViews } from '../prebookings/prebooking-view.ts';
import type { PlanStore } from '../routines/plan-store.ts';
import { pauseView, routineView } from '../routines/routine-view.ts';
import { type DeviceSession, isBackground } from '../sessions/session.ts';
import type { SessionStore } from '../sessions/session-store.ts';
import { sessionView } from '../sessions/session-view.ts';
import { type AccountView, messageView, recordedBookingView } from './account-view.ts';

export type ExportAccountDeps = {
  readonly sessions: Pick<SessionStore, 'getAllUserSessions'>;
  readonly prebookings: Pick<PrebookingStore, 'list'>;
  readonly bookings: Pick<BookingStore, 'list'>;
  readonly plans: Pick<PlanStore, 'find'>;
  readonly listLearnedRules: (email: string) => Promise<readonly MemberRule[]>;
  readonly calendars: Pick<CalendarStore, 'findCreated'>;
  readonly settings: Pick<SettingsStore, 'find'>;
  readonly subscriptions: Pick<PushSubscriptions, 'list'>;
  readonly outbox: Pick<Outbox, 'list'>;
  /** Whether the member's password is kept. */
  readonly keepsCredentials: (email: string) => Promise<boolean>;
  readonly logger: Logger;
};

/**
 * Collects everything that is stored about the caller, without tokens, cookies, passwords, secrets and hashes. What cannot be
 * decoded is logged and left out. (Only an undecodable browser or opening rule is left out without a log.)
 */
export async function exportAccount(
  deps: ExportAccountDeps,
  { email, fingerprint }: DeviceSession,
): Promise<AccountView> {
  const onUnreadable = (error: unknown) => deps.logger.error('unexpected-error', error, { during: 'export-account' });
  const [sessions, prebookings, plan] = await Promise.all([
    deps.sessions.getAllUserSessions(email, onUnreadable),
    deps.prebookings.list(email, onUnreadable),
    deps.plans.find(email, onUnreadable),
  ]);
  const [bookings, openingRules, calendarCreatedAt, settings, browsers, messages, keepsCredentials] = await Promise.all(
    [
      deps.bookings.list(email, onUnreadable),
      deps.listLearnedRules(email),
      deps.calendars.findCreated(email, onUnreadable),
      deps.settings.find(email, onUnreadable),
      deps.subscriptions.list(email),
      deps.outbox.list(email, onUnreadable),
      deps.keepsCredentials(email),
    ],
  );
  const pending = prebookings.filter((prebooking) => prebooking.status === 'pending');
  return {
    email,
    boxes: listBoxes(sessions.map(({ boxes }) => boxes)),
    sessions: sessions.map((session) => sessionView(session, fingerprint)),
    keepsCredentials,
    prebookings: [...prebookingViews(prebookings, sessions.find(isBackground))],
    bookings: bookings.map(recordedBookingView),
    routines: plan.routines.map((routine) => routineView(routine, pending)),
    pauses: plan.pauses.map(pauseView),
    openingRules: [...openingRules],
    calendar: calendarCreatedAt === undefined ? null : { createdAt: toIso(calendarCreatedAt) },
    notifications: settings || browsers.length > 0 ? settingsView(settings ?? DEFAULTS, browsers) : null,
    messages: messages.map(messageView),
  };
}

/** Lists each box once, by subdomain. */
function listBoxes(lists: readonly (readonly Box[])[]): AccountView['boxes'] {
  const bySubdomain = new Map(lists.flat().map(({ box, boxId, name }) => [box, { box, boxId, name }]));
  return [...bySubdomain.values()].toSorted((first, second) => (first.box < second.box ? -1 : 1));
}
