import * as z from 'zod/mini';
import { KINDS, LANGUAGES } from './notification-settings.ts';
import { A_WEBHOOK_URL, isWebhookUrl, LONGEST_URL } from './webhook-url.ts';

/** What the notification routes accept. Unknown fields are refused. */

const WebhookUrl = z.pipe(
  z
    .string({ error: A_WEBHOOK_URL })
    .check(z.maxLength(LONGEST_URL, { error: `${A_WEBHOOK_URL}, of at most ${LONGEST_URL} characters`, abort: true }))
    .check(z.refine(isWebhookUrl, A_WEBHOOK_URL)),
  z.transform((url: string) => new URL(url).href),
);

const Kind = z.enum(KINDS, { error: `one of ${KINDS.join(', ')}` });

/** Replaces all settings: a field that is left out returns to its default. */
export const NotificationsBody = z.strictObject({
  webhook: z._default(z.nullable(z.strictObject({ url: WebhookUrl })), null),
  email: z._default(z.boolean({ error: 'true or false' }), false),
  language: z._default(z.enum(LANGUAGES, { error: `one of ${LANGUAGES.join(', ')}` }), 'es'),
  events: z._default(
    z.pipe(
      z.array(Kind, { error: 'a list' }).check(z.maxLength(KINDS.length, `at most ${KINDS.length} of them`)),
      z.transform((events) => KINDS.filter((kind) => events.includes(kind))),
    ),
    [...KINDS],
  ),
});
