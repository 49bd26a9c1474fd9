import type { ServerResponse } from 'node:http';
import { SESv2Client } from '@aws-sdk/client-sesv2';
import * as z from 'zod/mini';
import type { Channel } from '../../../lib/notifications/channel.ts';
import { poster, type SendPost } from '../../../lib/notifications/http-post.ts';
import { mailChannel, mailSender } from '../../../lib/notifications/mail.ts';
import { ntfySender } from '../../../lib/notifications/ntfy.ts';
import { isPublicAddress } from '../../../lib/notifications/public-address.ts';
import { PushSubscriptions } from '../../../lib/notifications/push-subscriptions.ts';
import { SettingsStore } from '../../../lib/notifications/settings-store.ts';
import { subscribePush } from '../../../lib/notifications/subscribe-push.ts';
import { telegramSender } from '../../../lib/notifications/telegram.ts';
import { deriveVapidKey } from '../../../lib/notifications/vapid.ts';
import { pushChannel, pushSender } from '../../../lib/notifications/web-push.ts';
import { webhookSender } from '../../../lib/notifications/webhook.ts';
import type { Documents } from '../../../lib/platform/dynamodb.ts';
import { parseJson } from '../../../lib/platform/json.ts';
import { systemClock } from '../../../lib/platform/system-clock.ts';
import { storeKeys } from '../sessions/session-world.ts';
import { NotifiedMember } from './delivery-world.ts';
import { type HeldDeadlines, heldDeadlines } from './held-deadlines.ts';
import { startBrowser } from './push-browser.ts';
import { loopback, type Receiver, startReceiver } from './receiver.ts';

/** Answers as the channel's service does when it accepts a message. */
const ACCEPTS: Readonly<Record<Channel, (response: ServerResponse) => void>> = {
  webhook: (response) => void response.writeHead(204).end(),
  email: (response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('{"MessageId":"1"}'),
  ntfy: (response) => void response.writeHead(200).end('{"id":"1"}'),
  telegram: (response) => void response.writeHead(200).end('{"ok":true,"result":{"message_id":1}}'),
  push: (response) => void response.writeHead(201).end(),
};

const secrets = async () => ({ keys: storeKeys });

/** The address of every receiver, as members set it. */
const HOST = 'https://hooks.example.com';

/** Creates the senders of all channels, to one receiver. */
function sendersTo(receiver: Receiver, { clock }: HeldDeadlines, isOpen: () => boolean) {
  const receiverAt = `${HOST}:${receiver.port}`;
  const resolver = { ...loopback, isPublic: (address: string) => isOpen() || isPublicAddress(address) };
  const toPort = poster({ clock, resolver, ca: receiver.ca });
  // A member's receivers are on port 443, a receiver on loopback is on any.
  const post: SendPost = ({ url, ...rest }, signal) => toPort({ ...rest, url: url.replace(HOST, receiverAt) }, signal);
  const ses = new SESv2Client({
    ...{ region: 'eu-south-2', credentials: { accessKeyId: 'a', secretAccessKey: 'b' }, maxAttempts: 1 },
    endpoint: `https://127.0.0.1:${receiver.port}`,
    requestHandler: { httpsAgent: { ca: receiver.ca, servername: 'hooks.example.com' } },
  });
  return {
    ses,
    mail: mailSender(ses, 'gym@example.com', clock),
    push: pushSender({
      ...{ post, clock: systemClock, subject: 'mailto:gym@example.com' },
      vapidKey: async () => deriveVapidKey('a-secret-text-of-the-installation-of-43-letters'),
    }),
    webhook: webhookSender(post, systemClock),
    ntfy: ntfySender(post),
    telegram: telegramSender(post, HOST),
  };
}

async function setUp(
  member: NotifiedMember,
  subscriptions: PushSubscriptions,
  channel: Channel,
  keys: { readonly p256dh: string; readonly auth: string },
) {
  const address = `${HOST}/${channel}`;
  const body = {
    webhook: { webhook: { url: address } },
    email: { email: true },
    ntfy: { ntfy: { url: address } },
    telegram: { telegram: { botToken: '123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11', chatId: '42' } },
    push: {},
  }[channel];
  await member.set({ language: 'en', ...body });
  if (channel !== 'push') return;
  const owner = { email: member.email, fingerprint: 'phone-12345' };
  await subscribePush({ subscriptions, secrets, clock: member.clock }, owner, { endpoint: address, keys });
}

/** Starts a member with one channel, whose receiver is on loopback and of the channel's own kind. */
export async function startChannelWorld(documents: Documents, channel: Channel) {
  const receiver = await startReceiver();
  const deadlines = heldDeadlines();
  let isOpen = true;
  const { ses, mail, push, ...senders } = sendersTo(receiver, deadlines, () => isOpen);
  const subscriptions = new PushSubscriptions({ documents, table: 'pushSubscriptions' });
  const settings = new SettingsStore({ documents, table: 'notifications' });
  const member = new NotifiedMember(documents, {
    senders,
    adapters: [mailChannel(settings, mail), pushChannel({ subscriptions, secrets, send: push })],
  });
  const browser = startBrowser();
  await setUp(member, subscriptions, channel, browser.texts);
  accept();

  function accept() {
    receiver.answers(ACCEPTS[channel]);
  }

  return {
    ...{ member, receiver, deadlines, accept },
    /** Answers one request as an accepting service does. */
    acceptOne: ACCEPTS[channel],
    /** Makes the address of the receiver public, or private. */
    setPublic(to: boolean) {
      isOpen = to;
    },
    /** Reads what the receiver was told, however it is packed. */
    told: () => receiver.received.map(({ body, raw }) => unpack(channel, body, () => browser.read(raw))),
    /** Why the last try failed. Mail has no such record. */
    async fault(): Promise<string | null> {
      if (channel === 'push') return (await subscriptions.list(member.email))[0]?.lastError ?? null;
      return channel === 'email' ? null : ((await member.receiver(channel))?.lastError ?? null);
    },
    /** Whether the channel has ended: it is disabled, or its browser is removed. */
    async hasEnded(): Promise<boolean> {
      if (channel === 'push') return (await subscriptions.list(member.email)).length === 0;
      return channel !== 'email' && (await member.receiver(channel))?.disabledAt !== null;
    },
    states: async () => (await member.deps.outbox.list(member.email)).map(({ state }) => state),
    stop() {
      ses.destroy();
      receiver.stop();
    },
  };
}

export type ChannelWorld = Awaited<ReturnType<typeof startChannelWorld>>;

type Told = { readonly title: string; readonly text: string };

const Webhook = z.object({ data: z.object({ subject: z.string(), text: z.string() }) });
const Mail = z.object({
  Content: z.object({
    Simple: z.object({
      Subject: z.object({ Data: z.string() }),
      Body: z.object({ Text: z.object({ Data: z.string() }) }),
    }),
  }),
});
const Ntfy = z.object({ title: z.string(), message: z.string() });
const Telegram = z.object({ text: z.string() });

function unpack(channel: Channel, body: string, decrypt: () => { title: string; body: string }): Told {
  switch (channel) {
    case 'webhook': {
      const { subject: title, text } = Webhook.parse(parseJson(body)).data;
      return { title, text };
    }
    case 'email': {
      const { Subject, Body } = Mail.parse(parseJson(body)).Content.Simple;
      return { title: Subject.Data, text: Body.Text.Data };
    }
    case 'ntfy': {
      const { title, message: text } = Ntfy.parse(parseJson(body));
      return { title, text };
    }
    case 'telegram': {
      const [title = '', ...text] = Telegram.parse(parseJson(body)).text.split('\n');
      return { title, text: text.join('\n') };
    }
    case 'push': {
      const { title, body: text } = decrypt();
      return { title, text };
    }
  }
}
