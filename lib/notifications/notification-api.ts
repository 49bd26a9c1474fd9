import * as z from 'zod/mini';
import { KINDS, LANGUAGES } from './notification-settings.ts';
import { isNtfyUrl, NTFY_URL_EXPECTED } from './ntfy-url.ts';
import { AUTH_BYTES, isPublicKey } from './push-encryption.ts';
import { isReceiverUrl, MAX_URL_LENGTH, RECEIVER_URL_EXPECTED } from './receiver-url.ts';

// What the notification routes accept. Unknown fields are refused.

const urlField = (isAcceptable: (url: string) => boolean, expected: string) =>
  z.pipe(
    z
      .string({ error: expected })
      .check(
        z.maxLength(MAX_URL_LENGTH, { error: `${expected}, of at most ${MAX_URL_LENGTH} characters`, abort: true }),
      )
      // URLs with spaces or control characters are refused, because a parser of URLs would remove them.
      .check(z.regex(/^[^\p{C}\s]+$/u, { error: expected, abort: true }))
      .check(z.refine(isAcceptable, expected)),
    z.transform((url: string) => new URL(url).href),
  );

const textField = (pattern: RegExp, expected: string) =>
  z.string({ error: expected }).check(z.regex(pattern, { error: expected }));

const NotificationKind = z.enum(KINDS, { error: `one of ${KINDS.join(', ')}` });

/**
 * If `token` is absent, the stored token stays: a client cannot send it back, because no answer shows it. Null removes the token.
 */
const Ntfy = z.strictObject({
  url: urlField(isNtfyUrl, NTFY_URL_EXPECTED),
  token: z.optional(z.nullable(textField(/^[\x21-\x7e]{1,200}$/, 'an access token of ntfy, or null for none'))),
});

/**
 * If `botToken` is absent and the chat is the same, the stored token stays. No answer shows the token.
 *
 * Source: Telegram Bot API, "Authorizing your bot", "sendMessage".
 */
const Telegram = z.strictObject({
  botToken: z.optional(textField(/^\d{1,20}:[\w-]{20,100}$/, 'the token that @BotFather has given for your bot')),
  chatId: textField(/^(-?\d{1,20}|@[A-Za-z]\w{3,31})$/, 'the number of a chat, or the @name of a channel'),
});

/** The keys of a browser's subscription, as base64url (Push API, "PushSubscription.getKey"). */
const keyField = (isAcceptable: (bytes: Buffer) => boolean, expected: string) =>
  textField(/^[\w-]{1,100}={0,2}$/, expected).check(
    z.refine((text: string) => isAcceptable(Buffer.from(text, 'base64url')), expected),
  );

const Endpoint = urlField(isReceiverUrl, RECEIVER_URL_EXPECTED);

/**
 * A subscription as a browser gives it (`PushSubscription.toJSON()`). `expirationTime` is ignored, because the push service
 * refuses messages to a subscription that has ended.
 */
export const PushBody = z.strictObject({
  endpoint: Endpoint,
  keys: z.strictObject({
    p256dh: keyField(isPublicKey, 'a public key of the curve P-256'),
    auth: keyField((bytes) => bytes.length === AUTH_BYTES, `${AUTH_BYTES} bytes`),
  }),
  expirationTime: z.optional(z.nullable(z.number({ error: 'a number or null' }))),
});

export const PushEndBody = z.strictObject({ endpoint: Endpoint });

/** Replaces all settings: an absent field returns to its default. */
export const NotificationsBody = z.strictObject({
  webhook: z._default(z.nullable(z.strictObject({ url: urlField(isReceiverUrl, RECEIVER_URL_EXPECTED) })), null),
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
