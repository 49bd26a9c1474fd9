import { SESv2Client } from '@aws-sdk/client-sesv2';
import { BoxStore } from '../boxes/box-store.ts';
import { timezoneOf, timezonesFrom } from '../boxes/settings.ts';
import { configuredOrigin } from '../http/public-origin.ts';
import { indexChannels } from '../notifications/channel.ts';
import type { DeliverDeps } from '../notifications/deliver.ts';
import { poster } from '../notifications/http-post.ts';
import { mailChannel, mailSender } from '../notifications/mail.ts';
import type { NotifyDeps } from '../notifications/notify.ts';
import { ntfySender } from '../notifications/ntfy.ts';
import { Outbox } from '../notifications/outbox.ts';
import { systemResolver } from '../notifications/public-address.ts';
import { receiverChannel } from '../notifications/receiver-channel.ts';
import { parsePrivateHosts } from '../notifications/receiver-url.ts';
import type { SetNotificationsDeps } from '../notifications/set-notifications.ts';
import { SettingsStore } from '../notifications/settings-store.ts';
import type { ShowSettingsDeps } from '../notifications/show-settings.ts';
import type { SubscribePushDeps } from '../notifications/subscribe-push.ts';
import { telegramName, telegramSender } from '../notifications/telegram.ts';
import { webhookSender } from '../notifications/webhook.ts';
import { logger } from '../platform/logger.ts';
import { type Base, clock, composeKeys, composeMeasure, composeTable } from './base.ts';
import { composePrebookings } from './prebookings.ts';
import { composePushChannel, composeSubscriptions, composeVapidKey } from './push.ts';
import { composeTombstones } from './sessions.ts';

export const composeSettings = (base: Base) => new SettingsStore(composeTable(base, 'NOTIFICATIONS_TABLE'));

/** Composes the dependencies for changing a member's settings, without those for sending messages. */
export const composeSetNotifications = (base: Base): SetNotificationsDeps => ({
  settings: composeSettings(base),
  secrets: composeKeys(base),
  resolver: systemResolver,
  clock,
  sendsMail: Boolean(base.environment['MAIL_FROM']),
  privateHosts: parsePrivateHosts(base.environment['NOTIFY_PRIVATE_HOSTS']),
});

/** Composes the dependencies for showing a member's settings. */
export const composeShowSettings = (base: Base): ShowSettingsDeps & Pick<SubscribePushDeps, 'subscriptions'> => ({
  settings: composeSettings(base),
  subscriptions: composeSubscriptions(base),
  vapidKey: composeVapidKey(base),
});

/** Composes the channels of this installation. Mail is one of them only if `MAIL_FROM` is set. */
function composeChannels(base: Base) {
  const { MAIL_FROM: from, NOTIFY_PRIVATE_HOSTS } = base.environment;
  const settings = composeSettings(base);
  const deps = { settings, secrets: composeKeys(base) };
  const post = poster({ clock, resolver: systemResolver });
  const privateHosts = parsePrivateHosts(NOTIFY_PRIVATE_HOSTS);
  // Only an ntfy server may be in the installation's private network.
  const postAlsoPrivately = poster({ clock, resolver: systemResolver, privateHosts });
  return indexChannels(
    receiverChannel(deps, { channel: 'webhook', send: webhookSender(post, clock), isForPrograms: true }),
    from ? mailChannel(settings, mailSender(new SESv2Client({}), from, clock)) : undefined,
    receiverChannel(deps, { channel: 'ntfy', send: ntfySender(postAlsoPrivately) }),
    receiverChannel(deps, { channel: 'telegram', send: telegramSender(post), nameOf: telegramName }),
    composePushChannel(base, post),
  );
}

/** Composes the dependencies for delivering messages to members. */
export const composeDelivery = (base: Base): DeliverDeps => ({
  settings: composeSettings(base),
  outbox: new Outbox(composeTable(base, 'MESSAGES_TABLE')),
  channels: composeChannels(base),
  pageOrigin: configuredOrigin(base.environment),
  random: Math.random,
  clock,
  logger,
  measure: composeMeasure(base),
});

/** Composes the dependencies for notifying members of events. */
export function composeNotify(base: Base): NotifyDeps {
  const timezones = timezonesFrom(base.environment);
  const boxes = new BoxStore(composeTable(base, 'BOXES_TABLE'));
  return {
    ...composeDelivery(base),
    prebookings: composePrebookings(base),
    isDeleted: composeTombstones(base).isRaised,
    zoneOf: (box) => timezoneOf({ timezones }, box),
    findBoxName: (box) => boxes.findName(box),
  };
}
