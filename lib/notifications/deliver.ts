import type { Clock } from '../platform/clock.ts';
import { decrypt } from '../platform/encryption.ts';
import type { Logger } from '../platform/logger.ts';
import type { Measure } from '../platform/metrics.ts';
import type { KeySource } from '../platform/secrets.ts';
import { FAILING_FOR, nextAttempt } from './backoff.ts';
import type { SendMail } from './mail.ts';
import { webhookDisabled } from './message.ts';
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
  /** Nothing where this installation sends no mail. */
  readonly sendMail: SendMail | undefined;
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly logger: Logger;
  readonly measure: Measure;
};

/** `dropped`: there is nowhere to send it any more. */
export type Delivery = 'sent' | 'failed' | 'dropped';

type TakenBy<Channel> = Extract<ClaimedMessage, { channel: Channel }>;

/** Mail that SES refuses, other than for being busy, is tried so often. */
const MAIL_TRIES = 5;

/** Tries to deliver a message once, and notes what came of it. */
export const deliver = (deps: DeliverDeps, taken: ClaimedMessage, signal: AbortSignal): Promise<Delivery> =>
  taken.channel === 'webhook' ? deliverToWebhook(deps, taken, signal) : deliverByMail(deps, taken, signal);

async function deliverToWebhook(deps: DeliverDeps, taken: TakenBy<'webhook'>, signal: AbortSignal): Promise<Delivery> {
  const { email, eventId: id, body } = taken;
  const settings = await deps.settings.find(email);
  const webhook = settings?.webhook;
  if (!webhook || webhook.disabledAt !== null) return drop(deps, taken);
  const { keys } = await deps.secrets();
  const target = { url: webhook.url, secret: decrypt(keys, webhook.encryptedSecret, secretContext(email)) };
  const sent = await deps.sendWebhook(target, { id, body }, signal);
  switch (sent.kind) {
    case 'delivered':
      if (webhook.failingSince !== null) await deps.settings.recordSuccess(email, webhook);
      return succeed(deps, taken);
    case 'gone':
      await disable(deps, taken, settings, webhook, 'status-410', signal);
      return 'failed';
    case 'failed': {
      const now = deps.clock.now();
      const since = (await deps.settings.recordFailure(email, webhook, sent.fault, now)) ?? now;
      if (now - since >= FAILING_FOR) await disable(deps, taken, settings, webhook, sent.fault, signal);
      else await tryLater(deps, taken, sent.fault, sent.retryAfter);
      return 'failed';
    }
  }
}

async function deliverByMail(deps: DeliverDeps, taken: TakenBy<'email'>, signal: AbortSignal): Promise<Delivery> {
  const settings = await deps.settings.find(taken.email);
  if (!settings?.email || !deps.sendMail) return drop(deps, taken);
  const sent = await deps.sendMail(taken.email, taken, signal);
  if (sent.kind === 'delivered') return succeed(deps, taken);
  if (sent.passing || taken.tries < MAIL_TRIES) await tryLater(deps, taken, sent.fault, 0);
  else await giveUp(deps, taken, sent.fault);
  return 'failed';
}

async function succeed({ outbox, logger, measure }: DeliverDeps, taken: ClaimedMessage): Promise<Delivery> {
  await outbox.complete(taken, 'sent');
  logger.info('message-sent', named(taken));
  measure({ MessagesSent: 1 });
  return 'sent';
}

async function drop({ outbox, logger }: DeliverDeps, taken: ClaimedMessage): Promise<Delivery> {
  await outbox.complete(taken, 'dropped');
  logger.info('message-dropped', named(taken));
  return 'dropped';
}

async function tryLater(deps: DeliverDeps, taken: ClaimedMessage, fault: string, pause: number): Promise<void> {
  const next = nextAttempt(taken, deps.clock.now(), pause, deps.random());
  if (next === undefined) return giveUp(deps, taken, fault);
  await deps.outbox.postpone(taken, next);
  deps.logger.warn('message-not-sent', { ...named(taken), fault });
  deps.measure({ MessagesFailed: 1 });
}

async function giveUp({ outbox, logger, measure }: DeliverDeps, taken: ClaimedMessage, fault: string): Promise<void> {
  await outbox.complete(taken, 'given-up');
  measure({ MessagesFailed: 1 });
  // A webhook is its member's; mail that cannot be sent is ours to mend.
  if (taken.channel === 'email') logger.error('message-given-up', new Error(fault), named(taken));
  else logger.warn('message-given-up', { ...named(taken), fault });
}

/** Nothing goes to it any more until its member sets it again; the member is told in the settings, and by mail if wanted. */
async function disable(
  deps: DeliverDeps,
  taken: ClaimedMessage,
  { email: wantsMail, language }: Settings,
  webhook: Webhook,
  fault: string,
  signal: AbortSignal,
): Promise<void> {
  const { settings, outbox, clock, logger, measure, sendMail } = deps;
  measure({ MessagesFailed: 1 });
  if (!(await settings.disable(taken.email, webhook, fault, clock.now()))) return;
  logger.warn('webhook-disabled', { fault });
  measure({ WebhooksDisabled: 1 });
  await outbox.dropWebhooks(taken.email);
  if (!wantsMail || !sendMail) return;
  const content = { channel: 'email' as const, ...webhookDisabled(language, webhook.url) };
  const mail = await outbox.add(taken.email, `webhook-disabled-${webhook.version}`, content, clock.now());
  if (mail) await deliver(deps, mail, signal);
}

const named = ({ eventId, channel, tries }: ClaimedMessage) => ({ message: eventId, channel, tries });
