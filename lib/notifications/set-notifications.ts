import type * as z from 'zod/mini';
import type { Clock } from '../platform/clock.ts';
import { encrypt } from '../platform/encryption.ts';
import { AppError } from '../platform/errors.ts';
import { withOptimisticLock } from '../platform/optimistic-lock.ts';
import type { KeySource } from '../platform/secrets.ts';
import type { NotificationsBody } from './notification-api.ts';
import { DEFAULTS, type ReceiverChannel, type Receivers, type Settings } from './notification-settings.ts';
import { NTFY_URL_EXPECTED } from './ntfy-url.ts';
import { type Resolver, resolvePublic } from './public-address.ts';
import { secretContext } from './receiver-channel.ts';
import type { ReceiverChange } from './receiver-record.ts';
import { isReceiverUrl } from './receiver-url.ts';
import type { SettingsStore } from './settings-store.ts';
import { generateSecret } from './webhook.ts';

export type SetNotificationsDeps = {
  readonly settings: SettingsStore;
  readonly secrets: KeySource;
  readonly resolver: Resolver;
  readonly clock: Clock;
  /** Whether this installation has an address to send mail from. */
  readonly sendsMail: boolean;
  /** The hosts of this machine's network where a member's ntfy may be. */
  readonly privateHosts: ReadonlySet<string>;
};

/** The stored settings, and the webhook's secret in plain text if it is new. */
export type SavedSettings = { readonly settings: Settings; readonly secret: string | undefined };

type Body = z.output<typeof NotificationsBody>;

/** A receiver as its member wants it. @property secret undefined keeps the stored secret; null removes it. */
type WantedReceiver = { readonly address: string; readonly secret: string | null | undefined };
type Wanted = Readonly<Record<ReceiverChannel, WantedReceiver | null>>;

/**
 * Replaces a member's settings. A receiver keeps its secret if its address is unchanged and no other secret is given. A disabled
 * receiver becomes active again.
 *
 * @throws AppError invalid-request for a host that is not public, for a bot without its token, and for mail if this installation
 *   sends none; unavailable if other requests keep changing the settings.
 */
export async function setNotifications(
  deps: SetNotificationsDeps,
  email: string,
  { webhook, ntfy, telegram, ...preferences }: Body,
  signal: AbortSignal,
): Promise<SavedSettings> {
  if (preferences.email && !deps.sendsMail)
    throw new AppError('invalid-request', 'body.email: this installation sends no mail');
  if (webhook) await assertPublicHost(deps.resolver, webhook.url, 'body.webhook.url');
  if (ntfy) await assertNtfyHost(deps, ntfy.url);
  const wanted: Wanted = {
    webhook: webhook && { address: webhook.url, secret: undefined },
    ntfy: ntfy && { address: ntfy.url, secret: ntfy.token },
    telegram: telegram && { address: telegram.chatId, secret: telegram.botToken },
  };
  return withOptimisticLock(
    deps.clock,
    async () => {
      const seen = (await deps.settings.find(email)) ?? DEFAULTS;
      const { changes, secret } = await planChanges(deps, email, wanted, seen);
      if (!(await deps.settings.save(email, preferences, changes, seen))) return undefined;
      return { settings: (await deps.settings.find(email)) ?? DEFAULTS, secret };
    },
    signal,
  );
}

/** Decides how to change the receivers, and generates a secret for a new webhook. */
async function planChanges(deps: SetNotificationsDeps, email: string, wanted: Wanted, seen: Receivers) {
  const isNewWebhook = wanted.webhook !== null && wanted.webhook.address !== seen.webhook?.address;
  const secret = isNewWebhook ? generateSecret() : undefined;
  const webhook = isNewWebhook && wanted.webhook ? { ...wanted.webhook, secret } : wanted.webhook;
  const isNewChat = wanted.telegram !== null && wanted.telegram.address !== seen.telegram?.address;
  if (isNewChat && wanted.telegram?.secret === undefined)
    throw new AppError('invalid-request', 'body.telegram.botToken: needed for another chat');
  const plan = (channel: ReceiverChannel, receiver: WantedReceiver | null) =>
    planChange(deps, email, channel, receiver, seen[channel]);
  const changes = {
    webhook: await plan('webhook', webhook),
    ntfy: await plan('ntfy', wanted.ntfy),
    telegram: await plan('telegram', wanted.telegram),
  };
  return { changes, secret };
}

/** Decides how to change one receiver. A secret is sent only to the address that it was given for. */
async function planChange(
  { secrets }: SetNotificationsDeps,
  email: string,
  channel: ReceiverChannel,
  wanted: WantedReceiver | null,
  seen: Receivers[ReceiverChannel],
): Promise<ReceiverChange> {
  if (!wanted) return seen ? null : 'keep';
  const { address, secret } = wanted;
  if (secret === undefined && seen?.address === address) {
    const { encryptedSecret, disabledAt } = seen;
    return disabledAt === null ? 'keep' : { address, encryptedSecret };
  }
  if (secret === undefined || secret === null) return { address, encryptedSecret: null };
  const { keys } = await secrets();
  return { address, encryptedSecret: encrypt(keys, secret, secretContext(email, channel)) };
}

/** Checks the host now, so that the member can correct it. Every connection checks it again. */
async function assertPublicHost(resolver: Resolver, url: string, field: string): Promise<void> {
  try {
    await resolvePublic(resolver, new URL(url).hostname);
  } catch (cause) {
    throw new AppError('invalid-request', `${field}: a host that can be found, at public addresses only`, { cause });
  }
}

async function assertNtfyHost({ resolver, privateHosts }: SetNotificationsDeps, url: string): Promise<void> {
  if (privateHosts.has(new URL(url).host)) return;
  if (!isReceiverUrl(url))
    throw new AppError('invalid-request', `body.ntfy.url: ${NTFY_URL_EXPECTED}, on port 443 or 8443`);
  await assertPublicHost(resolver, url, 'body.ntfy.url');
}
