import type { Clock } from '../platform/clock.ts';
import { decrypt } from '../platform/encryption.ts';
import type { Logger } from '../platform/logger.ts';
import type { Measure } from '../platform/metrics.ts';
import type { KeySource } from '../platform/secrets.ts';
import { FAILING_FOR, nextAttempt } from './backoff.ts';
import type { SendMail } from './mail.ts';
import { writeWebhookDisabled } from './message.ts';
import type { Settings, Webhook } from './notification-settings.ts';
import type { ClaimedMessage, Outbox } from './outbox.ts';
import { secretContext } from './set-notifications.ts';
import type { SettingsStore } from './settings-store.ts';
import type { SendWebhook } from './webhook.ts';

export type DeliverDeps = {
  readonly settings: SettingsStore;
  readonly outbox: Outbox;
  readonly secrets: KeySource;
  readonly sendWebhook: SendWebhook;
  /** Undefined if this installation sends no mail. */
  readonly sendMail: SendMail | undefined;
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly logger: Logger;
  readonly measure: Measure;
};

/** `dropped`: the member has switched the channel off, or its webhook is disabled. */
export type Delivery = 'sent' | 'failed' | 'dropped';

type MessageOn<Channel> = Extract<ClaimedMessage, { channel: Channel }>;

/** How often a mail is tried if SES refuses it for a reason that is not transient. */
const REFUSED_MAIL_TRIES = 5;

/** Tries once to deliver a message, and records the result. */
export const deliver = (deps: DeliverDeps, message: ClaimedMessage, signal: AbortSignal): Promise<Delivery> =>
  message.channel === 'webhook' ? deliverToWebhook(deps, message, signal) : deliverByMail(deps, message, signal);

async function deliverToWebhook(
  deps: DeliverDeps,
  message: MessageOn<'webhook'>,
  signal: AbortSignal,
): Promise<Delivery> {
  const { email, eventId: id, body } = message;
  const settings = await deps.settings.find(email);
  const webhook = settings?.webhook;
  if (!webhook || webhook.disabledAt !== null) return drop(deps, message);
  const { keys } = await deps.secrets();
  const target = { url: webhook.url, secret: decrypt(keys, webhook.encryptedSecret, secretContext(email)) };
  const result = await deps.sendWebhook(target, { id, body }, signal);
  switch (result.kind) {
    case 'delivered':
      if (webhook.failingSince !== null) await deps.settings.recordSuccess(email, webhook);
      return succeed(deps, message);
    case 'gone':
      await disableWebhook(deps, { ...settings, webhook }, message, 'status-410', signal);
      return 'failed';
    case 'failed': {
      const now = deps.clock.now();
      const since = (await deps.settings.recordFailure(email, webhook, result.fault, now)) ?? now;
      if (now - since >= FAILING_FOR)
        await disableWebhook(deps, { ...settings, webhook }, message, result.fault, signal);
      else await retryLater(deps, message, result.fault, result.retryAfter);
      return 'failed';
    }
  }
}

async function deliverByMail(deps: DeliverDeps, message: MessageOn<'email'>, signal: AbortSignal): Promise<Delivery> {
  const settings = await deps.settings.find(message.email);
  if (!settings?.email || !deps.sendMail) return drop(deps, message);
  const result = await deps.sendMail(message.email, message, signal);
  if (result.kind === 'delivered') return succeed(deps, message);
  if (result.isTransient || message.tries < REFUSED_MAIL_TRIES) await retryLater(deps, message, result.fault, 0);
  else await giveUp(deps, message, result.fault);
  return 'failed';
}

async function succeed({ outbox, logger, measure }: DeliverDeps, message: ClaimedMessage): Promise<Delivery> {
  await outbox.complete(message, 'sent');
  logger.info('message-sent', logFields(message));
  measure({ MessagesSent: 1 });
  return 'sent';
}

async function drop({ outbox, logger }: DeliverDeps, message: ClaimedMessage): Promise<Delivery> {
  await outbox.complete(message, 'dropped');
  logger.info('message-dropped', logFields(message));
  return 'dropped';
}

/** @param pause the pause that the receiver asks for, in milliseconds. */
async function retryLater(deps: DeliverDeps, message: ClaimedMessage, fault: string, pause: number): Promise<void> {
  const next = nextAttempt(message, deps.clock.now(), pause, deps.random());
  if (next === undefined) return giveUp(deps, message, fault);
  await deps.outbox.postpone(message, next);
  deps.logger.warn('message-not-sent', { ...logFields(message), fault });
  deps.measure({ MessagesFailed: 1 });
}

async function giveUp({ outbox, logger, measure }: DeliverDeps, message: ClaimedMessage, fault: string): Promise<void> {
  await outbox.complete(message, 'given-up');
  measure({ MessagesFailed: 1 });
  // The member has to fix a webhook, the operator has to fix mail.
  if (message.channel === 'email') logger.error('message-given-up', new Error(fault), logFields(message));
  else logger.warn('message-given-up', { ...logFields(message), fault });
}

/** Disables a webhook until its member sets it again. The settings show this, and a member who wants mail gets one. */
async function disableWebhook(
  deps: DeliverDeps,
  { email: wantsMail, language, webhook }: Settings & { readonly webhook: Webhook },
  { email }: ClaimedMessage,
  fault: string,
  signal: AbortSignal,
): Promise<void> {
  const { settings, outbox, clock, logger, measure, sendMail } = deps;
  measure({ MessagesFailed: 1 });
  if (!(await settings.disable(email, webhook, fault, clock.now()))) return;
  logger.warn('webhook-disabled', { fault });
  measure({ WebhooksDisabled: 1 });
  await outbox.dropWebhooks(email);
  if (!wantsMail || !sendMail) return;
  const content = { channel: 'email' as const, ...writeWebhookDisabled(language, webhook.url) };
  const mail = await outbox.add(email, `webhook-disabled-${webhook.version}`, content, clock.now());
  if (mail) await deliver(deps, mail, signal);
}

const logFields = ({ eventId, channel, tries }: ClaimedMessage) => ({ message: eventId, channel, tries });
