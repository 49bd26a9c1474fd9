import * as z from 'zod/mini';
import { KINDS, LANGUAGES } from './notification-settings.ts';
import { isWebhookUrl, MAX_URL_LENGTH, WEBHOOK_URL_EXPECTED } from './webhook-url.ts';

// What the notification routes accept. Unknown fields are refused.

const WebhookUrl = z.pipe(
  z
    .string({ error: WEBHOOK_URL_EXPECTED })
    .check(
      z.maxLength(MAX_URL_LENGTH, {
        error: `${WEBHOOK_URL_EXPECTED}, of at most ${MAX_URL_LENGTH} characters`,
        abort: true,
      }),
    )
    // URLs with spaces or control characters are refused, because a parser of URLs would take them out.
    .check(z.regex(/^[^\p{C}\s]+$/u, { error: WEBHOOK_URL_EXPECTED, abort: true }))
    .check(z.refine(isWebhookUrl, WEBHOOK_URL_EXPECTED)),
  z.transform((url: string) => new URL(url).href),
);

const NotificationKind = z.enum(KINDS, { error: `one of ${KINDS.join(', ')}` });

/** Replaces all settings: an absent field returns to its default. */
export const NotificationsBody = z.strictObject({
  webhook: z._default(z.nullable(z.strictObject({ url: WebhookUrl })), null),
  email: z._default(z.boolean({ error: 'true or false' }), false),
  language: z._default(z.enum(LANGUAGES, { error: `one of ${LANGUAGES.join(', ')}` }), 'es'),
  events: z._default(
    z.pipe(
      z
        .array(NotificationKind, { error: 'a list' })
        .check(z.maxLength(KINDS.length, `at most ${KINDS.length} of them`)),
      z.transform((events) => KINDS.filter((kind) => events.includes(kind))),
    ),
    [...KINDS],
  ),
});
