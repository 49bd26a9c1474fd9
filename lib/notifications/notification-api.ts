import * as z from 'zod/mini';
import { KINDS, LANGUAGES } from './notification-settings.ts';
import { isNtfyUrl, NTFY_URL_EXPECTED } from './ntfy-url.ts';
import { isReceiverUrl, MAX_URL_LENGTH, RECEIVER_URL_EXPECTED } from './receiver-url.ts';

// What the notification routes accept. Unknown fields are refused.

const urlThat = (isAcceptable: (url: string) => boolean, expected: string) =>
  z.pipe(
    z
      .string({ error: expected })
      .check(
        z.maxLength(MAX_URL_LENGTH, { error: `${expected}, of at most ${MAX_URL_LENGTH} characters`, abort: true }),
      )
      // URLs with spaces or control characters are refused, because a parser of URLs would take them out.
      .check(z.regex(/^[^\p{C}\s]+$/u, { error: expected, abort: true }))
      .check(z.refine(isAcceptable, expected)),
    z.transform((url: string) => new URL(url).href),
  );

const textThat = (pattern: RegExp, expected: string) =>
  z.string({ error: expected }).check(z.regex(pattern, { error: expected }));

const NotificationKind = z.enum(KINDS, { error: `one of ${KINDS.join(', ')}` });

/** An absent token stays as it is, because nobody is shown it; null removes it. */
const Ntfy = z.strictObject({
  url: urlThat(isNtfyUrl, NTFY_URL_EXPECTED),
  token: z.optional(z.nullable(textThat(/^[\x21-\x7e]{1,200}$/, 'an access token of ntfy, or null for none'))),
});

/** An absent token stays as it is for the same chat. Source of the forms: Telegram Bot API, "Authorizing your bot", "sendMessage". */
const Telegram = z.strictObject({
  botToken: z.optional(textThat(/^\d{1,20}:[\w-]{20,100}$/, 'the token that @BotFather has given for your bot')),
  chatId: textThat(/^(-?\d{1,20}|@[A-Za-z]\w{3,31})$/, 'the number of a chat, or the @name of a channel'),
});

/** Replaces all settings: an absent field returns to its default. */
export const NotificationsBody = z.strictObject({
  webhook: z._default(z.nullable(z.strictObject({ url: urlThat(isReceiverUrl, RECEIVER_URL_EXPECTED) })), null),
  ntfy: z._default(z.nullable(Ntfy), null),
  telegram: z._default(z.nullable(Telegram), null),
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
