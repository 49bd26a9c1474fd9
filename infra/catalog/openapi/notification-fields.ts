import type { FieldDescription } from './special-fields.ts';

/** The fields of channels, by name. */
export const NOTIFICATION_FIELDS: Readonly<Record<string, FieldDescription>> = {
  botToken: {
    description: 'The token of the member’s own bot, from @BotFather. Absent: as it is. Never shown.',
    example: '123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11',
    schema: { format: 'password' },
  },
  chatId: {
    description: 'The chat that the bot writes to: its number, or the @name of a channel.',
    example: '123456789',
  },
  failed: { description: 'Where it did not work.' },
  hasToken: { description: 'Whether a token is stored.', example: false },
  ntfy: { description: 'The topic of ntfy where messages are sent. Null for nowhere.' },
  reason: { description: 'Why, as a word.', example: 'status-404' },
  sent: { description: 'The channels over which the message was accepted.', example: ['email'] },
  telegram: { description: 'The chat of Telegram where messages are sent. Null for nowhere.' },
  token: {
    description: 'The access token of ntfy. Absent: as it is. Null: none. Never shown.',
    example: 'tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2',
    schema: { format: 'password' },
  },
  'TestNotificationsAnswer.failed.channel': { description: 'The channel that did not work.', example: 'webhook' },
  'Notifications.ntfy.url': {
    description: 'The address of the topic.',
    example: 'https://ntfy.sh/my-secret-topic',
    schema: { format: 'uri' },
  },
  'SetNotificationsRequest.ntfy.url': {
    description: 'The address of the topic, at ntfy.sh or at a server of one’s own.',
    example: 'https://ntfy.sh/my-secret-topic',
    schema: { format: 'uri' },
  },
};
