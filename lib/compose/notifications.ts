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
import { logger } from '../platform/logger.ts';
import { type Base, clock, composeKeys, composeMeasure, composeTable } from './base.ts';
import { composePrebookings } from './prebookings.ts';
import { composeTombstones } from './sessions.ts';

export const composeSettings = (base: Base) => new SettingsStore(composeTable(base, 'NOTIFICATIONS_TABLE'));

/** Composes the dependencies for changing a member's settings. They do not include sending mail. */
export const composeSetNotifications = (base: Base): SetNotificationsDeps => ({
  settings: composeSettings(base),
  secrets: composeKeys(base),
  resolver: systemResolver,
  clock,
  sendsMail: Boolean(base.environment['MAIL_FROM']),
});

/** Composes the dependencies for delivering messages to members. */
export function composeDelivery(base: Base): DeliverDeps {
  const { MAIL_FROM: from } = base.environment;
  return {
    settings: composeSettings(base),
    outbox: new Outbox(composeTable(base, 'MESSAGES_TABLE')),
    secrets: composeKeys(base),
    sendWebhook: webhookSender({ clock, resolver: systemResolver }),
    sendMail: from ? mailSender(new SESv2Client({}), from, clock) : undefined,
    random: Math.random,
    clock,
    logger,
    measure: composeMeasure(base),
  };
}

/** Composes the dependencies for notifying members of events. */
export function composeNotify(base: Base): NotifyDeps {
  const timezones = timezonesFrom(base.environment);
  return {
    ...composeDelivery(base),
    prebookings: composePrebookings(base),
    isDeleted: composeTombstones(base).isRaised,
    zoneOf: (box) => timezoneOf({ timezones }, box),
  };
}
