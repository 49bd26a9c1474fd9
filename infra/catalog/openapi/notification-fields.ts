import type { FieldDescription } from './special-fields.ts';

/** An example of a browser's push subscription. The keys are those of RFC 8291. */
export const EXAMPLE_ENDPOINT = 'https://updates.push.services.mozilla.com/wpush/v2/gAAAAABn';
export const EXAMPLE_KEYS = {
  p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
  auth: 'BTBZMqHH6r4Tts7J_aSIgg',
};

/** The fields of the notification channels, by name. */
export const NOTIFICATION_FIELDS: Readonly<Record<string, FieldDescription>> = {
  auth: { description: 'The secret of the browser, as base64url.', example: EXAMPLE_KEYS.auth },
  endpoint: {
    description: 'Where the browser’s push service takes messages.',
    example: EXAMPLE_ENDPOINT,
    schema: { format: 'uri' },
  },
  expirationTime: {
    description: 'When the subscription expires, as the browser gives it. It is ignored.',
    example: null,
  },
  isAnswered: {
    description:
      'Whether the answer to the member’s own request has told the outcome already, or the member has cancelled the place meanwhile. If so, no message is sent.',
    example: false,
  },
  keys: { description: 'The keys of the browser, with which messages are encrypted.' },
  p256dh: { description: 'The public key of the browser, as base64url.', example: EXAMPLE_KEYS.p256dh },
  push: { description: 'The browsers that get messages.' },
  pushPublicKey: {
    description: 'The key that browsers subscribe with (`applicationServerKey`), as base64url.',
    example: 'BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8',
  },
  subscription: { description: 'The subscription of the browser, without its keys.' },
  botToken: {
    description: 'The token of the member’s own bot, from @BotFather. If absent, the stored token stays. Never shown.',
    example: '123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11',
    schema: { format: 'password' },
  },
  chatId: {
    description: 'The chat that the bot writes to: its number, or the @name of a channel.',
    example: '123456789',
  },
  failed: { description: 'The channels over which the message could not be sent.' },
  hasToken: { description: 'Whether a token is stored.', example: false },
  ntfy: { description: 'The topic of ntfy where messages are sent. Null for nowhere.' },
  reason: { description: 'Why the message could not be sent, as a word.', example: 'status-404' },
  sent: { description: 'The channels over which the message was accepted.', example: ['email'] },
  telegram: { description: 'The chat of Telegram where messages are sent. Null for nowhere.' },
  token: {
    description: 'The access token of ntfy. If absent, the stored token stays; null removes it. Never shown.',
    example: 'tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2',
    schema: { format: 'password' },
  },
  'ExportedNotifications.email': { description: 'Whether messages are sent by mail.', example: true },
  'TestNotificationsAnswer.failed.channel': { description: 'The channel that did not work.', example: 'webhook' },
  'Notifications.ntfy.url': {
    description: 'The address of the topic.',
    example: 'https://ntfy.sh/my-secret-topic',
    schema: { format: 'uri' },
  },
  'SetNotificationsRequest.ntfy.url': {
    description: 'The address of the topic, at ntfy.sh or at another server.',
    example: 'https://ntfy.sh/my-secret-topic',
    schema: { format: 'uri' },
  },
};
