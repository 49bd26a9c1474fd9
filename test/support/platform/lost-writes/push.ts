import { PushSubscriptions } from '../../../../lib/notifications/push-subscriptions.ts';
import type { Documents } from '../../../../lib/platform/dynamodb.ts';
import { defined, START } from '../../sessions/session-world.ts';
import { EMAIL, type LostWrite } from './lost-write.ts';

const ENDPOINT = 'https://push.example.com/a';
const BROWSER = {
  ...{ email: EMAIL, endpoint: ENDPOINT, encryptedKeys: 'keys', fingerprint: 'phone-12345' },
  ...{ version: 'v1', createdAt: START },
};

async function subscribed(documents: Documents) {
  const store = new PushSubscriptions({ documents, table: 'pushSubscriptions' });
  await store.put(BROWSER);
  const [seen] = await store.list(EMAIL);
  return { store, seen: defined(seen) };
}

export const PUSH_WRITES: readonly LostWrite[] = [
  {
    writes: 'lib/notifications/push-subscriptions.ts put',
    table: 'pushSubscriptions',
    prepare: async (documents) => {
      const store = new PushSubscriptions({ documents, table: 'pushSubscriptions' });
      return () => store.put(BROWSER);
    },
  },
  {
    writes: 'lib/notifications/push-subscriptions.ts #removeAll',
    table: 'pushSubscriptions',
    prepare: async (documents) => {
      const { store } = await subscribed(documents);
      return () => store.remove(EMAIL, ENDPOINT);
    },
  },
  {
    writes: 'lib/notifications/push-subscriptions.ts removeSeen',
    table: 'pushSubscriptions',
    prepare: async (documents) => {
      const { store, seen } = await subscribed(documents);
      return () => store.removeSeen(seen);
    },
  },
  {
    writes: 'lib/notifications/push-subscriptions.ts recordFailure',
    table: 'pushSubscriptions',
    prepare: async (documents) => {
      const { store, seen } = await subscribed(documents);
      return () => store.recordFailure(seen, 'status-500', START);
    },
  },
  {
    writes: 'lib/notifications/push-subscriptions.ts recordLastError',
    table: 'pushSubscriptions',
    prepare: async (documents) => {
      const { store, seen } = await subscribed(documents);
      return () => store.recordLastError(seen, 'status-500');
    },
  },
  {
    writes: 'lib/notifications/push-subscriptions.ts recordSuccess',
    table: 'pushSubscriptions',
    prepare: async (documents) => {
      const { store, seen } = await subscribed(documents);
      await store.recordFailure(seen, 'status-500', START);
      return () => store.recordSuccess(seen);
    },
  },
];
