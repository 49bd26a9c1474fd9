import { SESv2Client } from '@aws-sdk/client-sesv2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SendResult } from '../../lib/notifications/channel.ts';
import { poster, type SendPost } from '../../lib/notifications/http-post.ts';
import { mailSender } from '../../lib/notifications/mail.ts';
import { ntfySender } from '../../lib/notifications/ntfy.ts';
import { telegramSender } from '../../lib/notifications/telegram.ts';
import { deriveVapidKey } from '../../lib/notifications/vapid.ts';
import { pushSender } from '../../lib/notifications/web-push.ts';
import { generateSecret, webhookSender } from '../../lib/notifications/webhook.ts';
import { systemClock } from '../../lib/platform/system-clock.ts';
import { type HostileServer, startHostileServer } from '../support/hostile/hostile-server.ts';
import { hostilities, resetAfter, says, wholeAnswer } from '../support/hostile/hostilities.ts';
import { outgoing } from '../support/notifications/outgoing.ts';
import { startBrowser } from '../support/notifications/push-browser.ts';
import { loopback } from '../support/notifications/receiver.ts';
import { CERTIFICATE, KEY } from '../support/notifications/receiver-certificate.ts';

/* Whatever a receiver, or the mail service, does to a connection: the delivery ends, with a result. */

const unhurried = new AbortController().signal;
const BODY = '{"MessageId":"1"}';

/** A clock whose deadlines pass once the server's answer without end has gone on for some time. */
function deadlineOf(server: HostileServer) {
  const deadline = new AbortController();
  void server.worst().then(() => deadline.abort(new DOMException('late', 'TimeoutError')));
  return { ...systemClock, timeout: () => deadline.signal };
}

/** What each channel sends to a receiver on a port of loopback. */
const CHANNELS: Readonly<Record<string, (post: SendPost, port: number) => Promise<SendResult>>> = {
  'a webhook': (post, port) =>
    webhookSender(post, systemClock)(
      { address: `https://hooks.example.com:${port}/hook`, secret: generateSecret() },
      outgoing('1', '{}'),
      unhurried,
    ),
  'a topic of ntfy': (post, port) =>
    ntfySender(post)({ address: `https://hooks.example.com:${port}/topic`, secret: null }, outgoing('1'), unhurried),
  'a chat of Telegram': (post, port) =>
    telegramSender(post, `https://hooks.example.com:${port}`)(
      { address: '-100200300', secret: '123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11' },
      outgoing('1'),
      unhurried,
    ),
  'a browser': (post, port) =>
    pushSender({ post, vapidKey: async () => PUSH_KEY, subject: 'mailto:gym@example.com', clock: systemClock })(
      { endpoint: `https://hooks.example.com:${port}/push`, keys: BROWSER.keys },
      outgoing('1'),
      unhurried,
    ),
};
const PUSH_KEY = deriveVapidKey('a-secret-text-of-the-installation-of-43-letters');
const BROWSER = startBrowser();

describe.each(Object.entries(CHANNELS))('%s', (_channel, sendOver) => {
  let receiver: HostileServer;
  beforeAll(async () => {
    receiver = await startHostileServer({ tls: { cert: CERTIFICATE, key: KEY } });
  });
  afterAll(() => receiver.stop());

  const send = () =>
    sendOver(poster({ clock: deadlineOf(receiver), resolver: loopback, ca: CERTIFICATE }), receiver.port);

  test.each(hostilities(BODY))('$name: the delivery ends, and the next one arrives', async ({ name, act }) => {
    receiver.does(act);

    const result = await send();

    // A head with 2xx is all that is wanted of a receiver, also of one whose body is read.
    if (/^(101|304|1xx|100 without|silence|half|the end|a reset|HTTP\/0|another|a record|bytes)/.test(name))
      expect(result).toMatchObject({ kind: 'failed', fault: /^(304)/.test(name) ? 'status-304' : expect.any(String) });
    receiver.does(says(wholeAnswer('')));
    expect(await send()).toEqual({ kind: 'delivered' });
  });

  test('a reset after each byte of the head: failed as unreachable', async () => {
    const head = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n';
    for (let bytes = 0; bytes < head.length; bytes += 1) {
      receiver.does(resetAfter(head, bytes));

      expect(await send(), `after ${bytes} bytes`).toMatchObject({ kind: 'failed', fault: 'unreachable' });
    }
  });
});

describe('a mail', () => {
  let service: HostileServer;
  beforeAll(async () => {
    service = await startHostileServer();
  });
  afterAll(() => service.stop());

  const clientOf = () =>
    new SESv2Client({
      region: 'eu-south-2',
      endpoint: `http://127.0.0.1:${service.port}`,
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
      maxAttempts: 1,
    });
  const message = { subject: 'Booked', text: 'You are in.' };

  /** A clock whose deadlines pass soon after the service has got the request. */
  function soon() {
    const deadline = new AbortController();
    void service.received().then(async () => {
      for (let round = 0; round < 200; round += 1) await new Promise((resolve) => setImmediate(resolve));
      deadline.abort(new DOMException('late', 'TimeoutError'));
    });
    return { timeout: () => deadline.signal };
  }

  test.each(hostilities(BODY))('$name: the sending ends, and the next one arrives', async ({ ends, act }) => {
    const client = clientOf();
    service.does(act);

    const result = await mailSender(client, 'from@example.com', soon())('to@example.com', message, unhurried);

    expect(['delivered', 'failed']).toContain(result.kind);
    if (ends === 'hangs') expect(result).toMatchObject({ kind: 'failed', isTransient: true });
    service.does(says(wholeAnswer(BODY, 'content-type: application/json')));
    const next = await mailSender(client, 'from@example.com', systemClock)('to@example.com', message, unhurried);
    expect(next).toEqual({ kind: 'delivered' });
    client.destroy();
  });
});
