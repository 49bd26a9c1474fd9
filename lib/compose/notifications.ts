import { SESv2Client } from '@aws-sdk/client-sesv2';
import { timezoneOf, timezonesFrom } from '../boxes/settings.ts';
import type { DeliverDeps } from '../notifications/deliver.ts';
import { mailSender } from '../notifications/mail.ts';
import type { NotifyDeps } from '../notifications/notify.ts';
import { Outbox } from '../notifications/outbox.ts';
import { systemResolver } from '../notifications/public-address.ts';
import type { SetNotificationsDeps } from '../notifications/set-notifications.ts';
import { SettingsStore } from '../notifications/settings-store.ts';
import { webhookSender } from '../notifications/webhook.ts';
import type { Documents } from '../platform/dynamodb.ts';
import { type Environment, required } from '../platform/environment.ts';
import { logger } from '../platform/logger.ts';
import { clock, composeKeys, composeMeasure } from './base.ts';
import { composePrebookings } from './prebookings.ts';

export const composeSettings = (environment: Environment, client: Documents) =>
  new SettingsStore({ documents: client, table: required(environment, 'NOTIFICATIONS_TABLE').NOTIFICATIONS_TABLE });

/** Dependencies for setting notifications: whether mail is sent, but not what sends it. */
export const composeSetNotifications = (environment: Environment, client: Documents): SetNotificationsDeps => ({
  settings: composeSettings(environment, client),
  secrets: composeKeys(environment),
  resolver: systemResolver,
  sendsMail: Boolean(environment['MAIL_FROM']),
});

/** Dependencies for delivering messages. */
export function composeDelivery(environment: Environment, client: Documents): DeliverDeps {
  const { MAIL_FROM: from } = environment;
  return {
    settings: composeSettings(environment, client),
    outbox: new Outbox({ documents: client, table: required(environment, 'MESSAGES_TABLE').MESSAGES_TABLE }),
    secrets: composeKeys(environment),
    sendWebhook: webhookSender({ clock, resolver: systemResolver }),
    sendMail: from ? mailSender(new SESv2Client({}), from) : undefined,
    random: Math.random,
    ...{ clock, logger, measure: composeMeasure(environment) },
  };
}

/** Dependencies for notifying members of events. */
export function composeNotify(environment: Environment, client: Documents): NotifyDeps {
  const timezones = timezonesFrom(environment);
  return {
    ...composeDelivery(environment, client),
    prebookings: composePrebookings(environment, client),
    zoneOf: (box) => timezoneOf({ timezones }, box),
  };
}
