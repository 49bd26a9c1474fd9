import { SESv2Client } from '@aws-sdk/client-sesv2';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startSes } from '../../../infra/local/ses.ts';
import { createSmtpClient, findSender } from '../../../infra/local/smtp.ts';
import { mailSender } from '../../../lib/notifications/mail.ts';
import { systemClock } from '../../../lib/platform/system-clock.ts';
import { startSmtpReceiver } from '../../support/infra/smtp-receiver.ts';

const message = { subject: 'Plaza reservada: «WOD»', text: 'Tienes plaza.\n.\nHasta el martes.' };
const unhurried = new AbortController().signal;

let receiver: Awaited<ReturnType<typeof startSmtpReceiver>>;
const stops: (() => void)[] = [];
beforeEach(async () => {
  receiver = await startSmtpReceiver();
});
afterEach(() => {
  receiver.stop();
  for (const stop of stops.splice(0)) stop();
});

const lines: string[] = [];
/** Resolves when SES has recorded a mail that was sent. */
let sent = Promise.withResolvers<void>();

/** Sends mail as the functions do: by SES, which hands it to the mail server. */
async function sender(login = '') {
  const smtp = await createSmtpClient(`smtp://${login}127.0.0.1:${receiver.port}`, (line) => lines.push(line));
  const ses = await startSes({
    async deliver(mail, from) {
      await smtp.send(mail, from);
      setImmediate(() => sent.resolve());
    },
    clock: systemClock,
  });
  stops.push(ses.stop);
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new SESv2Client({ endpoint: ses.endpoint, region: 'eu-west-1', credentials, maxAttempts: 1 });
  const send = mailSender(client, 'gym@example.com', systemClock);
  return { smtp, send: (to = 'ada@example.com', signal = unhurried) => send(to, message, signal) };
}

test('a mail arrives as it was written, with its sender and its receiver', async () => {
  const { send } = await sender();

  expect(await send()).toEqual({ kind: 'delivered' });

  const [mail] = receiver.mails;
  expect(receiver.mails).toHaveLength(1);
  expect(mail).toMatchObject({ from: 'gym@example.com', to: 'ada@example.com', login: '' });
  expect(mail?.content).toMatch(/^From: On the Dot <gym@example\.com>$/m);
  expect(mail?.content).toMatch(/^Subject: =\?UTF-8\?/m);
  expect(mail?.content).toContain('Tienes plaza.\n.\nHasta el martes.');
});

test('the user in SMTP_URL logs in, and is the sender where nothing else is set', async () => {
  const { smtp, send } = await sender('ana%40example.com:se%25cret@');

  expect(smtp.sender).toBe('ana@example.com');
  expect(await send()).toEqual({ kind: 'delivered' });
  expect(receiver.mails).toMatchObject([{ login: 'ana@example.com se%cret' }]);
});

test.each([
  ['a mailbox that does not exist', { RCPT: '550 no such user' }, 'MessageRejected', false],
  ['a mail that looks like spam', { '.': '554 refused' }, 'MessageRejected', false],
  ['a mailbox that is busy', { RCPT: '450 try later' }, 'ServiceUnavailable', true],
  ['a server that is full', { MAIL: '452 no space' }, 'ServiceUnavailable', true],
  ['a wrong password, which the operator may correct', { AUTH: '535 wrong' }, 'ServiceUnavailable', true],
] as const)('%s', async (_name, replies, fault, isTransient) => {
  const { send } = await sender('ana:secret@');
  receiver.reply(replies);

  expect(await send()).toEqual({ kind: 'failed', fault, isTransient });
  expect(receiver.mails).toEqual([]);
  expect(lines.join()).not.toMatch(/secret|ada@|ana/);

  receiver.reply({});
  expect(await send()).toEqual({ kind: 'delivered' });
});

test('a server that is not there is a transient failure', async () => {
  const { send } = await sender();
  receiver.stop();

  expect(await send()).toMatchObject({ kind: 'failed', isTransient: true });
});

test('a mail whose sender gave up before the server accepted it is not sent again', async () => {
  const { send } = await sender();
  sent = Promise.withResolvers<void>();
  const hurried = new AbortController();
  receiver.whenReceived(() => hurried.abort());
  expect(await send('ada@example.com', hurried.signal)).toMatchObject({ kind: 'failed', isTransient: true });
  receiver.whenReceived(() => undefined);
  await sent.promise;

  expect(await send()).toEqual({ kind: 'delivered' });
  expect(receiver.mails).toHaveLength(1);
  expect(await send()).toEqual({ kind: 'delivered' });
  expect(receiver.mails).toHaveLength(2);
});

test('a password never travels in the clear to another machine', async () => {
  // The name stands for this machine, but the client cannot know that.
  const smtp = await createSmtpClient(`smtp://ana:secret@localhost.:${receiver.port}`, () => undefined);

  await expect(smtp.send({ to: 'ada@example.com', ...message }, 'gym@example.com')).rejects.toThrow();
  expect(receiver.mails).toEqual([]);
});

test.each(['http://example.com', 'smtp.example.com', 'smtp://', 'smtp://a%:b@example.com'])(
  'SMTP_URL=%s is refused with what to do',
  async (url) => {
    await expect(createSmtpClient(url, () => undefined)).rejects.toMatchObject({ name: 'WrongSetting' });
  },
);

test('mail that is sent comes from MAIL_FROM, or else from the user in SMTP_URL if that is an address', () => {
  const smtp = { send: async () => undefined, sender: 'ana@example.com' };

  expect(findSender(smtp, '')).toBe('ana@example.com');
  expect(findSender(smtp, 'gym@example.com')).toBe('gym@example.com');
  expect(findSender(undefined, '')).toBeUndefined();
});

test.each([undefined, '', 'gym'])(
  'without an address to send from, MAIL_FROM=%s is refused with what to do',
  (mailFrom) => {
    const smtp = { send: async () => undefined, sender: undefined };

    expect(() => findSender(smtp, mailFrom)).toThrow('Set MAIL_FROM to the address that mail comes from');
  },
);
