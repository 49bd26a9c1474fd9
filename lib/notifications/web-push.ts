import { createHash } from 'node:crypto';
import { type Clock, DAY, HOUR, SECOND } from '../platform/clock.ts';
import type { KeySource } from '../platform/secrets.ts';
import { cutText } from '../platform/text.ts';
import { TRIED_FOR } from './backoff.ts';
import type { ChannelAdapter, Note, Outgoing, SendResult } from './channel.ts';
import { judgeStatus, type SendPost } from './http-post.ts';
import { type BrowserKeys, encryptForBrowser, LONGEST_PAYLOAD } from './push-encryption.ts';
import { decryptKeys } from './push-keys.ts';
import type { PushSubscriptions } from './push-subscriptions.ts';
import { type VapidKey, vapidAuthorization } from './vapid.ts';

/**
 * How a push service treats a message until it reaches the browser ("Urgency", RFC 8030, section 5.3).
 *
 * @property keptFor how long the push service keeps the message, in milliseconds.
 */
type Handling = { readonly urgency: 'low' | 'normal' | 'high'; readonly keptFor: number };

const NEWS: Handling = { urgency: 'normal', keptFor: 3 * DAY };
/** For a message that asks the member to act: it reaches even a phone that saves its battery. */
const NEEDS_MEMBER: Handling = { urgency: 'high', keptFor: 3 * DAY };

const HANDLING: Readonly<Record<Note['kind'], Handling>> = {
  booked: NEWS,
  waitlisted: NEWS,
  // A seat that the member no longer wants must be given up in time.
  promoted: NEEDS_MEMBER,
  failed: NEEDS_MEMBER,
  uncertain: NEEDS_MEMBER,
  // A login helps only until the opening, and the first reminder is sent 12 hours before the opening.
  'login-needed': { urgency: 'high', keptFor: 12 * HOUR },
  'routine-blocked': NEEDS_MEMBER,
  'routine-cleared': NEWS,
  'wake-up-late': { urgency: 'low', keptFor: DAY },
  'wake-up-lost': { urgency: 'low', keptFor: DAY },
  test: { urgency: 'high', keptFor: HOUR },
  'channel-disabled': NEEDS_MEMBER,
};

/** The statuses of a subscription that is not valid any more (RFC 8030, section 7.3). */
const ENDED = [404, 410];

/** Names what a message is about, for the push service and the browser: at most 32 characters of base64url (RFC 8030, section 5.4). */
const topicOf = (about: string): string => createHash('sha256').update(about).digest('base64url').slice(0, 32);

export type PushSenderDeps = {
  readonly post: SendPost;
  readonly vapidKey: () => Promise<VapidKey>;
  /** How a push service reaches the operator: a `mailto:` or `https:` URL. */
  readonly subject: string;
  readonly clock: Pick<Clock, 'now'>;
};

/** A browser: where its push service takes messages, and the keys that they are encrypted for. */
type Browser = { readonly endpoint: string; readonly keys: BrowserKeys };

/** Sends a message to one browser. */
export type SendPush = (browser: Browser, message: Outgoing, signal: AbortSignal) => Promise<SendResult>;

/**
 * Creates a function that sends a message through the browser's push service (RFC 8030), encrypted for the browser alone
 * (RFC 8291), and signed as this installation's (RFC 8292).
 */
export const pushSender =
  ({ post, vapidKey, subject, clock }: PushSenderDeps): SendPush =>
  async ({ endpoint, keys }, message, signal): Promise<SendResult> => {
    const { urgency, keptFor } = HANDLING[message.kind];
    const headers = {
      authorization: vapidAuthorization(await vapidKey(), endpoint, subject, clock.now()),
      'content-encoding': 'aes128gcm',
      'content-type': 'application/octet-stream',
      ttl: String(keptFor / SECOND),
      urgency,
      ...(message.about !== null && { topic: topicOf(message.about) }),
    };
    const body = encryptForBrowser(writePush(message), keys);
    return judgeStatus(await post({ url: endpoint, headers, body }, signal), ENDED);
  };

/** Writes what the service worker shows (lib/page/service-worker.ts). A text that is too long for a push message is shortened. */
function writePush({ subject: title, text, link, about, happenedAt: at }: Outgoing): string {
  const write = (body: string) =>
    JSON.stringify({ title, body, tag: about === null ? null : topicOf(about), link, at });
  let body = text;
  while (Buffer.byteLength(write(body)) > LONGEST_PAYLOAD && body.length > 0) body = cutText(body, -100);
  return write(body);
}

export type PushChannelDeps = {
  readonly subscriptions: PushSubscriptions;
  readonly secrets: KeySource;
  readonly send: SendPush;
};

/** Creates the channel of Web Push: one receiver for each browser that the member has subscribed. */
export const pushChannel = ({ subscriptions, secrets, send }: PushChannelDeps): ChannelAdapter => ({
  channel: 'push',
  triedFor: TRIED_FOR,
  mender: 'member',
  replacesEarlier: true,
  list: async (email) => (await subscriptions.list(email)).map(({ id }) => id),
  async open(email, id) {
    const subscription = await subscriptions.find({ email, id });
    return (
      subscription && {
        // The member is not told when a subscription ends: they have ended it in the browser, or no longer use that browser.
        name: undefined,
        async send(message, signal) {
          const keys = await decryptKeys(secrets, subscription);
          return send({ endpoint: subscription.endpoint, keys }, message, signal);
        },
        async recordSuccess() {
          if (subscription.lastError !== null) await subscriptions.recordSuccess(subscription);
        },
        recordTestFailure: async (fault) => void (await subscriptions.recordLastError(subscription, fault)),
        // If the browser has subscribed again meanwhile, nothing is recorded: its new subscription fails only since now.
        recordFailure: async (fault, now) => (await subscriptions.recordFailure(subscription, fault, now)) ?? now,
        end: () => subscriptions.removeSeen(subscription),
      }
    );
  },
});
