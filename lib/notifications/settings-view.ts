import * as z from 'zod/mini';
import { toIso } from '../platform/dynamodb.ts';
import { CHANNELS } from './channel.ts';
import { KINDS, LANGUAGES, type ReceiverSettings, type Settings } from './notification-settings.ts';
import type { PushSubscription } from './push-subscriptions.ts';

// The schemas serve only the OpenAPI document. The calls that make them are marked as pure, so that esbuild leaves them out of
// the functions' bundles.

/** A browser in a response, without its keys. */
export const PushView = /* @__PURE__ */ (() =>
  z.strictObject({
    endpoint: z.url(),
    fingerprint: z.string(),
    createdAt: z.iso.datetime(),
    lastError: z.nullable(z.string()),
  }))();

/** A member's notification settings, as they are exported. */
export const NotificationsView = /* @__PURE__ */ (() => {
  const state = {
    state: z.enum(['active', 'disabled']),
    disabledAt: z.nullable(z.iso.datetime()),
    lastError: z.nullable(z.string()),
  };
  return z.strictObject({
    webhook: z.nullable(
      z.strictObject({
        url: z.url(),
        ...state,
        /** Shown only in the response to the request that set the webhook. */
        secret: z.optional(z.string()),
      }),
    ),
    ntfy: z.nullable(z.strictObject({ url: z.url(), hasToken: z.boolean(), ...state })),
    telegram: z.nullable(z.strictObject({ chatId: z.string(), ...state })),
    /** The browsers that get messages. */
    push: z.array(PushView),
    email: z.boolean(),
    language: z.enum(LANGUAGES),
    events: z.array(z.enum(KINDS)),
  });
})();

/** What became of a test message, by channel. */
export const TestView = /* @__PURE__ */ (() =>
  z.strictObject({
    sent: z.array(z.enum(CHANNELS)),
    failed: z.array(z.strictObject({ channel: z.enum(CHANNELS), reason: z.string() })),
  }))();

/** A member's notification settings in a response. */
export const NotificationsWithPushKeyView = /* @__PURE__ */ (() =>
  z.extend(NotificationsView, {
    /** The key that browsers subscribe with (`applicationServerKey`). */
    pushPublicKey: z.string(),
  }))();

type NotificationsView = z.output<typeof NotificationsView>;
type PushView = z.output<typeof PushView>;

/** Maps settings to their response. @param secret the webhook's secret in plain text, if it is new. */
export const settingsView = (
  { webhook, ntfy, telegram, email, language, events }: Settings,
  browsers: readonly PushSubscription[],
  secret?: string,
): NotificationsView => ({
  webhook: webhook && { url: webhook.address, ...stateOf(webhook), ...(secret !== undefined && { secret }) },
  ntfy: ntfy && { url: ntfy.address, hasToken: ntfy.encryptedSecret !== null, ...stateOf(ntfy) },
  telegram: telegram && { chatId: telegram.address, ...stateOf(telegram) },
  push: browsers.map(pushView),
  email,
  language,
  events: [...events],
});

export const pushView = ({ endpoint, fingerprint, createdAt, lastError }: PushSubscription): PushView => ({
  endpoint,
  fingerprint,
  createdAt: toIso(createdAt),
  lastError,
});

const stateOf = ({ disabledAt, lastError }: ReceiverSettings) => ({
  state: disabledAt === null ? ('active' as const) : ('disabled' as const),
  disabledAt: disabledAt === null ? null : toIso(disabledAt),
  lastError,
});
