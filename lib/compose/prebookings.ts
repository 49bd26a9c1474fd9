import { LambdaClient } from '@aws-sdk/client-lambda';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { BookingStore } from '../bookings/booking-store.ts';
import { BoxStore } from '../boxes/box-store.ts';
import { boxSettingsFrom } from '../boxes/settings.ts';
import { CalendarStore } from '../calendar/calendar-store.ts';
import type { Documents } from '../platform/dynamodb.ts';
import { type Environment, positiveInteger, required } from '../platform/environment.ts';
import { logger } from '../platform/logger.ts';
import { ClaimWrites } from '../prebookings/claim-writes.ts';
import { PendingQuota } from '../prebookings/pending-quota.ts';
import { PrebookingList } from '../prebookings/prebooking-list.ts';
import { PrebookingQueries } from '../prebookings/prebooking-queries.ts';
import { PrebookingStore } from '../prebookings/prebooking-store.ts';
import { wakeUps } from '../prebookings/wake-ups.ts';
import { clock, composeMeasure } from './base.ts';

export const composeBoxes = (environment: Environment, client: Documents) =>
  new BoxStore({ documents: client, table: required(environment, 'BOXES_TABLE').BOXES_TABLE });

export const composeBookings = (environment: Environment, client: Documents) =>
  new BookingStore({ documents: client, table: required(environment, 'BOOKINGS_TABLE').BOOKINGS_TABLE });

export const composeCalendars = (environment: Environment, client: Documents) =>
  new CalendarStore({ documents: client, table: required(environment, 'CALENDARS_TABLE').CALENDARS_TABLE });

const prebookingTable = (environment: Environment, documents: Documents) => ({
  documents,
  table: required(environment, 'PREBOOKINGS_TABLE').PREBOOKINGS_TABLE,
});

export const composePrebookings = (environment: Environment, client: Documents) =>
  new PrebookingStore({ ...prebookingTable(environment, client), clock });

const composeQuota = (environment: Environment, client: Documents) =>
  new PendingQuota({
    ...prebookingTable(environment, client),
    prebookings: composePrebookings(environment, client),
  });

export const composeClaims = (environment: Environment, client: Documents) =>
  new ClaimWrites({ ...prebookingTable(environment, client), quota: composeQuota(environment, client) });

export const composePrebookingList = (environment: Environment, client: Documents) =>
  new PrebookingList({ ...prebookingTable(environment, client), clock });

export const composePrebookingQueries = (environment: Environment, client: Documents) =>
  new PrebookingQueries({
    ...prebookingTable(environment, client),
    clock,
    quota: composeQuota(environment, client),
  });

function composeWakeUps(environment: Environment) {
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
  quota: composeQuota(environment, client),
  wakeUps: composeWakeUps(environment),
  clock,
  logger,
  measure: composeMeasure(environment),
});

/** Dependencies for ordering a class for its opening, beside those for calling AimHarder. */
export const composeOrder = (environment: Environment, client: Documents) => ({
  ...composeArming(environment, client),
  prebookingQueries: composePrebookingQueries(environment, client),
  boxes: composeBoxes(environment, client),
  boxSettings: boxSettingsFrom(environment),
  maxPending: positiveInteger(environment, 'MAX_PENDING_PREBOOKINGS', 15),
});
