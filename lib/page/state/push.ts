import { signal } from '@preact/signals';
import { bearer, call } from './api.ts';

/* Messages to this browser, by Web Push. The browser subscribes at its own push service; the page sends us the subscription. */

/**
 * Whether this browser gets messages. `unsupported`: it cannot get any; on an iPhone, the page must be on the home screen.
 * `denied`: the member has forbidden the page to show messages.
 */
export type PushState = 'unsupported' | 'denied' | 'off' | 'on';

export const pushState = signal<PushState>('off');

const isSupported = (): boolean =>
  'Notification' in window && 'PushManager' in window && navigator.serviceWorker !== undefined;

async function findSubscription(): Promise<PushSubscription | null> {
  if (!isSupported()) return null;
  const registration = await navigator.serviceWorker.getRegistration();
  return (await registration?.pushManager.getSubscription()) ?? null;
}

/** Finds out whether this browser gets messages, and sets `pushState`. @param endpoints where the service sends messages. */
export async function checkPush(endpoints: readonly string[]): Promise<void> {
  if (!isSupported()) pushState.value = 'unsupported';
  else if (Notification.permission === 'denied') pushState.value = 'denied';
  else {
    const subscription = await findSubscription();
    pushState.value = subscription && endpoints.includes(subscription.endpoint) ? 'on' : 'off';
  }
}

/** Decodes a key from base64url, as `subscribe` of the Push API takes it. */
const decodeKey = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0));

/**
 * Asks the member for permission, subscribes this browser, and tells the service.
 *
 * @returns `failed` if the browser's push service gives no subscription, and `off` if the member has signed out meanwhile.
 * @throws ApiError if the service cannot be told.
 */
export async function subscribe(): Promise<PushState | 'failed'> {
  // The browser asks for permission only right after a touch, so this comes before any request.
  const permission = await Notification.requestPermission();
  if (permission !== 'granted') return permission === 'denied' ? 'denied' : 'off';
  const { notifications } = await call('GET /v1/notifications', {});
  const token = bearer.value;
  // An earlier subscription may belong to another member, or to another key.
  await unsubscribeHere();
  const registration = await navigator.serviceWorker.getRegistration();
  const options = { userVisibleOnly: true, applicationServerKey: decodeKey(notifications.pushPublicKey) };
  const subscription = await registration?.pushManager.subscribe(options).catch(() => undefined);
  const { endpoint, keys } = subscription?.toJSON() ?? {};
  if (!endpoint || !keys?.['p256dh'] || !keys['auth']) return 'failed';
  if (bearer.value !== token) return 'off';
  const body = { endpoint, keys: { p256dh: keys['p256dh'], auth: keys['auth'] } };
  await call('POST /v1/notifications/push', { body });
  return 'on';
}

/** Ends the messages to this browser. @throws ApiError if the service cannot be told. */
export async function unsubscribe(): Promise<PushState> {
  const subscription = await findSubscription();
  if (subscription) await call('DELETE /v1/notifications/push', { body: { endpoint: subscription.endpoint } });
  await unsubscribeHere();
  return 'off';
}

/**
 * Ends the subscription in the browser, without telling the service. A failure is ignored: in `unsubscribe` and at sign-out, the
 * service was told before, and sends nothing to this browser any more; `subscribe` makes a new subscription.
 */
export async function unsubscribeHere(): Promise<void> {
  await findSubscription()
    .then((subscription) => subscription?.unsubscribe())
    .catch(() => undefined);
}
