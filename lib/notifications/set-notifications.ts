import type * as z from 'zod/mini';
import type { Clock } from '../platform/clock.ts';
import { encrypt } from '../platform/encryption.ts';
import { AppError } from '../platform/errors.ts';
import { withOptimisticLock } from '../platform/optimistic-lock.ts';
import type { KeySource } from '../platform/secrets.ts';
import type { NotificationsBody } from './notification-api.ts';
import { DEFAULTS, type Settings, type Webhook } from './notification-settings.ts';
import { type Resolver, resolvePublic } from './public-address.ts';
import type { SettingsStore, WebhookChange } from './settings-store.ts';
import { generateSecret } from './webhook.ts';

export type SetNotificationsDeps = {
  readonly settings: SettingsStore;
  readonly secrets: KeySource;
  readonly resolver: Resolver;
  readonly clock: Clock;
  /** Whether this installation has an address to send mail from. */
  readonly sendsMail: boolean;
};

/** The stored settings, and the webhook's secret in plain text if it is new. */
export type SavedSettings = { readonly settings: Settings; readonly secret: string | undefined };

/** The encryption context of a webhook's secret. */
export const secretContext = (email: string): readonly string[] => [email, 'webhook-secret'];

/**
 * Replaces a member's settings. A webhook keeps its secret if its URL is unchanged. A disabled webhook becomes active again.
 *
 * @throws AppError invalid-request for a host that is not public, and for mail if this installation sends none; unavailable if
 *   other requests keep changing the settings.
 */
export async function setNotifications(
  deps: SetNotificationsDeps,
  email: string,
  { webhook, ...preferences }: z.output<typeof NotificationsBody>,
  signal: AbortSignal,
): Promise<SavedSettings> {
  if (preferences.email && !deps.sendsMail)
    throw new AppError('invalid-request', 'body.email: this installation sends no mail');
  if (webhook) await assertPublicHost(deps.resolver, new URL(webhook.url).hostname);
  return withOptimisticLock(
    deps.clock,
    async () => {
      const { webhook: seen } = (await deps.settings.find(email)) ?? DEFAULTS;
      const { change, secret } = await planChange(deps, email, webhook?.url, seen);
      if (!(await deps.settings.save(email, preferences, change, seen))) return undefined;
      return { settings: (await deps.settings.find(email)) ?? DEFAULTS, secret };
    },
    signal,
  );
}

/** Decides how to change the webhook, and generates a secret for a new one. */
async function planChange(
  { secrets }: SetNotificationsDeps,
  email: string,
  url: string | undefined,
  seen: Webhook | null,
): Promise<{ readonly change: WebhookChange; readonly secret: string | undefined }> {
  if (url === undefined) return { change: null, secret: undefined };
  if (seen?.url === url) {
    const { encryptedSecret, disabledAt } = seen;
    return { change: disabledAt === null ? 'keep' : { url, encryptedSecret }, secret: undefined };
  }
  const secret = generateSecret();
  const { keys } = await secrets();
  return { change: { url, encryptedSecret: encrypt(keys, secret, secretContext(email)) }, secret };
}

/** Checks the host now, so that the member can correct it. Every connection checks it again. */
async function assertPublicHost(resolver: Resolver, host: string): Promise<void> {
  try {
    await resolvePublic(resolver, host);
  } catch (cause) {
    throw new AppError('invalid-request', 'body.webhook.url: a host that can be found, at public addresses only', {
      cause,
    });
  }
}
