import type * as z from 'zod/mini';
import { encrypt } from '../platform/encryption.ts';
import { AppError } from '../platform/errors.ts';
import type { KeySource } from '../platform/secrets.ts';
import type { NotificationsBody } from './notification-api.ts';
import { DEFAULTS, type Settings, type Webhook } from './notification-settings.ts';
import { publicAddresses, type Resolver } from './public-address.ts';
import type { SettingsStore, WebhookChange } from './settings-store.ts';
import { newSecret } from './webhook.ts';

export type SetNotificationsDeps = {
  readonly settings: SettingsStore;
  readonly secrets: KeySource;
  readonly resolver: Resolver;
  /** Whether this installation has an address to send mail from. */
  readonly sendsMail: boolean;
};

/** The secret only when it is new. */
export type SavedSettings = { readonly settings: Settings; readonly secret: string | undefined };

/** How often settings that others change in the same moment are read again. */
const TRIES = 3;

/** What a webhook's secret is encrypted for. */
export const secretContext = (email: string): readonly string[] => [email, 'webhook-secret'];

/**
 * Replaces a member's settings. A webhook whose URL stays keeps its secret; one that was disabled is active again.
 *
 * @throws AppError invalid-request for a host that is not public, and for mail where none is sent; internal when others
 *   change the settings all the time.
 */
export async function setNotifications(
  deps: SetNotificationsDeps,
  email: string,
  { webhook, ...wishes }: z.output<typeof NotificationsBody>,
): Promise<SavedSettings> {
  if (wishes.email && !deps.sendsMail)
    throw new AppError('invalid-request', 'body.email: this installation sends no mail');
  if (webhook) await refuseUnlessPublic(deps.resolver, new URL(webhook.url).hostname);
  for (let tries = 0; tries < TRIES; tries += 1) {
    const { webhook: seen } = (await deps.settings.find(email)) ?? DEFAULTS;
    const { change, secret } = await changeTo(deps, email, webhook?.url, seen);
    if (!(await deps.settings.save(email, wishes, change, seen))) continue;
    return { settings: (await deps.settings.find(email)) ?? DEFAULTS, secret };
  }
  throw new AppError('internal', 'The settings were changed by somebody else in the same moment. Try again.');
}

async function changeTo(
  { secrets }: SetNotificationsDeps,
  email: string,
  url: string | undefined,
  seen: Webhook | null,
) {
  const nothing = { secret: undefined };
  if (url === undefined) return { ...nothing, change: null };
  if (seen?.url !== url) {
    const secret = newSecret();
    const { keys } = await secrets();
    const change: WebhookChange = { url, encryptedSecret: encrypt(keys, secret, secretContext(email)) };
    return { secret, change };
  }
  const { encryptedSecret } = seen;
  return { ...nothing, change: seen.disabledAt === null ? ('keep' as const) : { url, encryptedSecret } };
}

/** Told at once, where it is easily mended; every connection checks it again. */
async function refuseUnlessPublic(resolver: Resolver, host: string): Promise<void> {
  try {
    await publicAddresses(resolver, host);
  } catch (cause) {
    throw new AppError('invalid-request', 'body.webhook.url: a host that can be found, at public addresses only', {
      cause,
    });
  }
}
