import type { Content } from '../../../../lib/notifications/message-record.ts';
import { DEFAULTS, KINDS, type ReceiverSettings } from '../../../../lib/notifications/notification-settings.ts';
import { LEASE, Outbox } from '../../../../lib/notifications/outbox.ts';
import { SettingsStore } from '../../../../lib/notifications/settings-store.ts';
import type { Documents } from '../../../../lib/platform/dynamodb.ts';
import { defined, START } from '../../sessions/session-world.ts';
import { EMAIL, type LostWrite } from './lost-write.ts';
import { PUSH_WRITES } from './push.ts';

const CONTENT: Content = {
  ...{ channel: 'webhook', receiver: '', body: '{}', subject: 'Subject', text: 'Text', kind: 'booked' },
  ...{ about: null, happenedAt: START, link: null },
};
const PREFERENCES = { email: false, language: 'en', events: KINDS } as const;
const HOOK = { address: 'https://example.com/hook', encryptedSecret: 'secret' };

const outbox = (documents: Documents) => new Outbox({ documents, table: 'messages' });

async function claimed(documents: Documents) {
  return defined(await outbox(documents).add(EMAIL, 'e-1', CONTENT, START));
}

async function hooked(documents: Documents) {
  const settings = new SettingsStore({ documents, table: 'notifications' });
  await settings.save(EMAIL, PREFERENCES, { webhook: HOOK }, DEFAULTS);
  const seen: ReceiverSettings = defined((await settings.find(EMAIL))?.webhook ?? undefined);
  return { settings, seen };
}

const MESSAGES: readonly LostWrite[] = [
  {
    writes: 'lib/notifications/outbox.ts add',
    table: 'messages',
    prepare: async (documents) => () => outbox(documents).add(EMAIL, 'e-1', CONTENT, START),
  },
  {
    writes: 'lib/notifications/outbox.ts enqueue',
    table: 'messages',
    prepare: async (documents) => () => outbox(documents).enqueue(EMAIL, 'e-1', CONTENT, START),
  },
  {
    writes: 'lib/notifications/outbox.ts claimMessage',
    table: 'messages',
    prepare: async (documents) => {
      const { dueAt } = await claimed(documents);
      return () => outbox(documents).claimMessage({ email: EMAIL, id: 'e-1#webhook', dueAt }, START + LEASE);
    },
  },
  {
    writes: 'lib/notifications/outbox.ts complete',
    table: 'messages',
    prepare: async (documents) => {
      const message = await claimed(documents);
      return () => outbox(documents).complete(message, 'sent');
    },
  },
  {
    writes: 'lib/notifications/outbox.ts postpone',
    table: 'messages',
    prepare: async (documents) => {
      const message = await claimed(documents);
      return () => outbox(documents).postpone(message, START + 2 * LEASE);
    },
  },
  {
    writes: 'lib/notifications/outbox.ts dropWaiting',
    table: 'messages',
    prepare: async (documents) => {
      await claimed(documents);
      return () => outbox(documents).dropWaiting(EMAIL, CONTENT);
    },
  },
];

const SETTINGS: readonly LostWrite[] = [
  {
    writes: 'lib/notifications/settings-store.ts save',
    when: 'the webhook is new',
    table: 'notifications',
    prepare: async (documents) => {
      const settings = new SettingsStore({ documents, table: 'notifications' });
      return () => settings.save(EMAIL, PREFERENCES, { webhook: HOOK }, DEFAULTS);
    },
  },
  {
    writes: 'lib/notifications/settings-store.ts save',
    when: 'the webhook stays',
    table: 'notifications',
    prepare: async (documents) => {
      const { settings, seen } = await hooked(documents);
      return () => settings.save(EMAIL, { ...PREFERENCES, email: true }, {}, { ...DEFAULTS, webhook: seen });
    },
  },
  {
    writes: 'lib/notifications/settings-store.ts save',
    when: 'the webhook is removed',
    table: 'notifications',
    prepare: async (documents) => {
      const { settings, seen } = await hooked(documents);
      return () => settings.save(EMAIL, PREFERENCES, { webhook: null }, { ...DEFAULTS, webhook: seen });
    },
  },
  {
    writes: 'lib/notifications/settings-store.ts remove',
    table: 'notifications',
    prepare: async (documents) => {
      const { settings } = await hooked(documents);
      return () => settings.remove(EMAIL);
    },
  },
  {
    writes: 'lib/notifications/settings-store.ts recordFailure',
    table: 'notifications',
    prepare: async (documents) => {
      const { settings, seen } = await hooked(documents);
      return () => settings.recordFailure(EMAIL, 'webhook', seen, 'status-500', START);
    },
  },
  {
    writes: 'lib/notifications/settings-store.ts recordLastError',
    table: 'notifications',
    prepare: async (documents) => {
      const { settings, seen } = await hooked(documents);
      return () => settings.recordLastError(EMAIL, 'webhook', seen, 'status-500');
    },
  },
  {
    writes: 'lib/notifications/settings-store.ts recordSuccess',
    table: 'notifications',
    prepare: async (documents) => {
      const { settings, seen } = await hooked(documents);
      await settings.recordFailure(EMAIL, 'webhook', seen, 'status-500', START);
      return () => settings.recordSuccess(EMAIL, 'webhook', seen);
    },
  },
  {
    writes: 'lib/notifications/settings-store.ts disable',
    table: 'notifications',
    prepare: async (documents) => {
      const { settings, seen } = await hooked(documents);
      return () => settings.disable(EMAIL, 'webhook', seen, 'status-410', START);
    },
  },
];

export const NOTIFICATION_WRITES: readonly LostWrite[] = [...MESSAGES, ...SETTINGS, ...PUSH_WRITES];
