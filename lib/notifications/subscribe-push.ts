import { randomUUID } from 'node:crypto';
import type * as z from 'zod/mini';
import type { Clock } from '../platform/clock.ts';
import type { KeySource } from '../platform/secrets.ts';
import type { PushBody } from './notification-api.ts';
import { encryptKeys } from './push-keys.ts';
import { type PushSubscription, type PushSubscriptions, subscriptionId } from './push-subscriptions.ts';

export type SubscribePushDeps = {
  readonly subscriptions: PushSubscriptions;
  readonly secrets: KeySource;
  readonly clock: Clock;
};

/**
 * Subscribes a browser of the caller's device to the caller's messages. Subscribing again replaces the keys. The host of the endpoint
 * is checked at every connection, and not here: the browser has chosen the host, so the member could not correct it.
 */
export async function subscribePush(
  { subscriptions, secrets, clock }: SubscribePushDeps,
  { email, fingerprint }: Pick<PushSubscription, 'email' | 'fingerprint'>,
  { endpoint, keys }: z.output<typeof PushBody>,
): Promise<PushSubscription> {
  const subscription = {
    email,
    fingerprint,
    endpoint,
    encryptedKeys: await encryptKeys(secrets, { email, endpoint }, keys),
    version: randomUUID(),
    createdAt: clock.now(),
  };
  await subscriptions.put(subscription);
  return { ...subscription, id: subscriptionId(endpoint), failingSince: null, lastError: null };
}
