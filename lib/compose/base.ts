import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SESv2Client } from '@aws-sdk/client-sesv2';
import { aimHarderClient } from '../aimharder/client.ts';
import { originsFrom } from '../aimharder/origins.ts';
import { bookingStore } from '../bookings/booking-store.ts';
import { boxStore } from '../boxes/box-store.ts';
import { boxSettingsFrom, timezoneOf, timezonesFrom } from '../boxes/settings.ts';
import { calendarStore } from '../calendar/calendar-store.ts';
import { publisher } from '../events/event-bus.ts';
import { credentials, forgetCredentials } from '../login/kept-passwords.ts';
import { loginAttempts } from '../login/login-throttle.ts';
import { healer } from '../login/relogin.ts';
import type { DeliverDeps } from '../notifications/deliver.ts';
import { mailSender } from '../notifications/mail.ts';
import type { NotifyDeps } from '../notifications/notify.ts';
import { outbox } from '../notifications/outbox.ts';
import { systemResolver } from '../notifications/public-address.ts';
import type { SetDeps } from '../notifications/set-notifications.ts';
import { settingsStore } from '../notifications/settings-store.ts';
import { webhookSender } from '../notifications/webhook.ts';
import { type Documents, documents } from '../platform/dynamodb.ts';
import { type Environment, positiveInteger, required } from '../platform/environment.ts';
import { logger } from '../platform/logger.ts';
import { embeddedMetrics } from '../platform/metrics.ts';
import { keysFrom, saltFrom } from '../platform/secrets.ts';
import { systemClock } from '../platform/system-clock.ts';
import { prebookingList } from '../prebookings/prebooking-list.ts';
import { prebookingQueries } from '../prebookings/prebooking-queries.ts';
import { prebookingStore } from '../prebookings/prebooking-store.ts';
import { wakeUps } from '../prebookings/wake-ups.ts';
import type { RefreshDeps } from '../refresh/refresh-session.ts';
import { partitionsOf, wheelFrom } from '../refresh/timing-wheel.ts';
import { planStore } from '../routines/plan-store.ts';
import { authenticate } from '../sessions/access-token.ts';
import { type SessionStore, sessionStore } from '../sessions/session-store.ts';
import { sessionTokens } from '../sessions/session-tokens.ts';

/**
 * The parts that functions are put together from, each with only the environment it needs. A function calls those it
 * uses; the others, and the clients behind them, stay out of its bundle.
 */

const clock = systemClock;
const composeMeasure = (environment: Environment) =>
  embeddedMetrics(required(environment, 'SERVICE_NAME').SERVICE_NAME, clock, (line) => process.stdout.write(line));

export const composeDocuments = documents;

export const composeSessions = (environment: Environment, client: Documents) =>
  sessionStore({ documents: client, table: required(environment, 'SESSIONS_TABLE').SESSIONS_TABLE, clock });

/** Turns a bearer token into the device session it belongs to. */
export const composeAuthenticate = (sessions: SessionStore) => (bearer: string | undefined) =>
  authenticate(sessions, bearer, clock.now());

const composeKeys = (environment: Environment) =>
  keysFrom(new SecretsManagerClient({}), required(environment, 'KEYS_SECRET_ID').KEYS_SECRET_ID, clock);

/** What only a login needs: the salt of the background fingerprints. */
export const composeSalt = (environment: Environment) =>
  saltFrom(new SecretsManagerClient({}), required(environment, 'SALT_SECRET_ID').SALT_SECRET_ID, clock);

/**
 * What asking AimHarder in a member's name takes: the client, and sessions whose tokens may be written.
 *
 * @param connections the most to one host; a request that waits for one has less time left for its answer.
 */
export function composeRefresh(
  environment: Environment,
  client: Documents,
  sessions: SessionStore,
  connections?: number,
): RefreshDeps {
  const { SESSIONS_TABLE: table } = required(environment, 'SESSIONS_TABLE');
  const tokens = sessionTokens({
    documents: client,
    table,
    clock,
    secrets: composeKeys(environment),
    sessions,
    refreshPartitions: partitionsOf(wheelFrom(environment)),
  });
  const aimHarder = aimHarderClient({ origins: originsFrom(environment), clock, connections });
  return { aimHarder, sessions, tokens, clock, logger, measure: composeMeasure(environment) };
}

export const composePublish = (environment: Environment) =>
  publisher(new EventBridgeClient({}), required(environment, 'EVENT_BUS_NAME').EVENT_BUS_NAME);

export const composeCredentials = (environment: Environment, client: Documents) =>
  credentials({
    documents: client,
    table: required(environment, 'CREDENTIALS_TABLE').CREDENTIALS_TABLE,
    clock,
    secrets: composeKeys(environment),
  });

export const composeForgetCredentials = (environment: Environment, client: Documents) =>
  forgetCredentials({ documents: client, table: required(environment, 'CREDENTIALS_TABLE').CREDENTIALS_TABLE });

/** As `composeRefresh`, for the functions that may log a dead background session in again. */
export function composeHealingRefresh(
  environment: Environment,
  client: Documents,
  sessions: SessionStore,
  connections?: number,
): RefreshDeps {
  const deps = composeRefresh(environment, client, sessions, connections);
  return { ...deps, heal: healer({ ...deps, credentials: composeCredentials(environment, client) }) };
}

export const composeLoginAttempts = (environment: Environment, client: Documents) =>
  loginAttempts({
    documents: client,
    table: required(environment, 'LOGIN_ATTEMPTS_TABLE').LOGIN_ATTEMPTS_TABLE,
    clock,
  });

export const composeBoxes = (environment: Environment, client: Documents) =>
  boxStore({ documents: client, table: required(environment, 'BOXES_TABLE').BOXES_TABLE });

export const composeBookings = (environment: Environment, client: Documents) =>
  bookingStore({ documents: client, table: required(environment, 'BOOKINGS_TABLE').BOOKINGS_TABLE });

export const composeCalendars = (environment: Environment, client: Documents) =>
  calendarStore({ documents: client, table: required(environment, 'CALENDARS_TABLE').CALENDARS_TABLE });

export const composePrebookings = (environment: Environment, client: Documents) =>
  prebookingStore({ documents: client, table: required(environment, 'PREBOOKINGS_TABLE').PREBOOKINGS_TABLE, clock });

export const composePrebookingList = (environment: Environment, client: Documents) =>
  prebookingList({ documents: client, table: required(environment, 'PREBOOKINGS_TABLE').PREBOOKINGS_TABLE, clock });

export const composePrebookingQueries = (environment: Environment, client: Documents) =>
  prebookingQueries({
    documents: client,
    table: required(environment, 'PREBOOKINGS_TABLE').PREBOOKINGS_TABLE,
    clock,
    prebookings: composePrebookings(environment, client),
  });

export function composeWakeUps(environment: Environment) {
  const variables = required(
    environment,
    'SCHEDULE_GROUP',
    'SCHEDULE_ROLE_ARN',
    'SCHEDULE_DEAD_LETTER_ARN',
    'FIRE_FUNCTION_ARN',
  );
  return wakeUps({
    scheduler: new SchedulerClient({}),
    lambda: new LambdaClient({}),
    target: {
      group: variables.SCHEDULE_GROUP,
      roleArn: variables.SCHEDULE_ROLE_ARN,
      functionArn: variables.FIRE_FUNCTION_ARN,
      deadLetterArn: variables.SCHEDULE_DEAD_LETTER_ARN,
    },
  });
}

/** What arming and disarming pre-bookings takes. */
export const composeArming = (environment: Environment, client: Documents) => ({
  prebookings: composePrebookings(environment, client),
  wakeUps: composeWakeUps(environment),
  clock,
  logger,
  measure: composeMeasure(environment),
});

/** What booking a class, or ordering it for its opening, takes. */
export const composeOrder = (environment: Environment, client: Documents, sessions: SessionStore) => ({
  ...composeRefresh(environment, client, sessions),
  ...composeArming(environment, client),
  orders: composePrebookingQueries(environment, client),
  boxes: composeBoxes(environment, client),
  boxSettings: boxSettingsFrom(environment),
  maxPending: positiveInteger(environment, 'MAX_PENDING_PREBOOKINGS', 15),
});

export const composeSettings = (environment: Environment, client: Documents) =>
  settingsStore({ documents: client, table: required(environment, 'NOTIFICATIONS_TABLE').NOTIFICATIONS_TABLE });

/** What setting one's notifications takes: whether mail is sent is known, but nothing that sends it. */
export const composeSetNotifications = (environment: Environment, client: Documents): SetDeps => ({
  settings: composeSettings(environment, client),
  secrets: composeKeys(environment),
  resolver: systemResolver,
  sendsMail: Boolean(environment['MAIL_FROM']),
});

/** What delivering messages takes. */
export function composeDelivery(environment: Environment, client: Documents): DeliverDeps {
  const { MAIL_FROM: from } = environment;
  return {
    settings: composeSettings(environment, client),
    outbox: outbox({ documents: client, table: required(environment, 'MESSAGES_TABLE').MESSAGES_TABLE }),
    secrets: composeKeys(environment),
    sendWebhook: webhookSender({ clock, resolver: systemResolver }),
    sendMail: from ? mailSender(new SESv2Client({}), from) : undefined,
    random: Math.random,
    ...{ clock, logger, measure: composeMeasure(environment) },
  };
}

/** What telling members of events takes. */
export function composeNotify(environment: Environment, client: Documents): NotifyDeps {
  const timezones = timezonesFrom(environment);
  return {
    ...composeDelivery(environment, client),
    prebookings: composePrebookings(environment, client),
    zoneOf: (box) => timezoneOf({ timezones }, box),
  };
}

export const composePlans = (environment: Environment, client: Documents) =>
  planStore({ documents: client, table: required(environment, 'ROUTINES_TABLE').ROUTINES_TABLE });

/** What changing a plan takes: orders that it no longer wants are cancelled. */
export const composePlanning = (environment: Environment, client: Documents) => ({
  ...composeArming(environment, client),
  plans: composePlans(environment, client),
  orders: composePrebookingQueries(environment, client),
  boxSettings: { timezones: timezonesFrom(environment) },
});
