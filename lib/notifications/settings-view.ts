import * as z from 'zod/mini';
import { toIso } from '../platform/dynamodb.ts';
import { KINDS, LANGUAGES, type Settings } from './notification-settings.ts';

// The schema serves only the OpenAPI document. The call that makes it is marked as pure, so that esbuild leaves it out of
// the functions' bundles.

/** A member's notification settings in a response. */
export const NotificationsView = /* @__PURE__ */ (() =>
  z.strictObject({
    webhook: z.nullable(
      z.strictObject({
        url: z.url(),
        state: z.enum(['active', 'disabled']),
        disabledAt: z.nullable(z.iso.datetime()),
        lastError: z.nullable(z.string()),
        /** Shown only in the response to the request that set the webhook. */
        secret: z.optional(z.string()),
      }),
    ),
    email: z.boolean(),
    language: z.enum(LANGUAGES),
    events: z.array(z.enum(KINDS)),
  }))();

type NotificationsView = z.output<typeof NotificationsView>;

/** @param secret the webhook's secret in plain text, if it is new. */
export function settingsView({ webhook, email, language, events }: Settings, secret?: string): NotificationsView {
  return {
    webhook: webhook && {
      url: webhook.url,
      state: webhook.disabledAt === null ? 'active' : 'disabled',
      disabledAt: webhook.disabledAt === null ? null : toIso(webhook.disabledAt),
      lastError: webhook.lastError,
      ...(secret !== undefined && { secret }),
    },
    email,
    language,
    events: [...events],
  };
}
