import { tableNamesFrom } from '../accounts/account-tables.ts';
import { listLearnedRules } from '../boxes/learned-rules.ts';
import { allowedEmailsFrom } from '../login/allowed-emails.ts';
import { isPasswordKept } from '../login/kept-passwords.ts';
import { KnownOriginStore } from '../login/known-origins.ts';
import { Outbox } from '../notifications/outbox.ts';
import { logger } from '../platform/logger.ts';
import { PlanStore } from '../routines/plan-store.ts';
import { type Base, clock, composeKeys, composePublish, composeTable } from './base.ts';
import { composeBookings } from './bookings.ts';
import { composeCalendars } from './calendar.ts';
import { composeSettings } from './notifications.ts';
import { composePrebookings, composeWakeUps } from './prebookings.ts';
import { composeSubscriptions } from './push.ts';
import { composeTombstones, type SessionBase } from './sessions.ts';
import { composeStart } from './start.ts';

/** Composes the dependencies for deleting a member's account. */
export const composeDeleteAccount = (base: Base) => ({
  ...composeWakeUps(base),
  documents: base.documents,
  tables: tableNamesFrom(base.environment),
  tombstones: composeTombstones(base),
  knownOrigins: new KnownOriginStore({ ...composeTable(base, 'LOGIN_ATTEMPTS_TABLE'), clock }),
  secrets: composeKeys(base),
});

/** Composes the dependencies for ending accounts in the background. */
export const composeEndAccount = (base: Base) => ({ ...composeDeleteAccount(base), publish: composePublish(base) });

/** Composes the dependencies for showing a member everything that is stored about them. */
export function composeExportAccount(base: SessionBase) {
  const rules = composeTable(base, 'PREBOOKINGS_TABLE');
  const passwords = composeTable(base, 'CREDENTIALS_TABLE');
  return {
    sessions: base.sessions,
    prebookings: composePrebookings(base),
    bookings: composeBookings(base),
    plans: new PlanStore(composeTable(base, 'ROUTINES_TABLE')),
    listLearnedRules: (email: string) => listLearnedRules(rules, email),
    calendars: composeCalendars(base),
    settings: composeSettings(base),
    subscriptions: composeSubscriptions(base),
    outbox: new Outbox(composeTable(base, 'MESSAGES_TABLE')),
    keepsCredentials: (email: string) => isPasswordKept(passwords, email),
    logger,
  };
}

/** Composes the dependencies of `startAccountEnds`. */
export const composeAccountEnds = (base: SessionBase) => ({
  sessions: base.sessions,
  prebookings: composePrebookings(base),
  plans: new PlanStore(composeTable(base, 'ROUTINES_TABLE')),
  tombstones: composeTombstones(base),
  isInvited: allowedEmailsFrom(base.environment),
  invitesEverybody: !base.environment['ALLOWED_EMAILS'],
  start: composeStart(base, 'END_ACCOUNT_FUNCTION_ARN'),
  clock,
  logger,
});
