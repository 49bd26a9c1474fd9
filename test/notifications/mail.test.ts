import { SESv2Client } from '@aws-sdk/client-sesv2';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Mail } from '../../infra/local/mail.ts';
import { startSes } from '../../infra/local/ses.ts';
import { mailSender, type SendMail } from '../../lib/notifications/mail.ts';
import { systemClock } from '../../lib/platform/system-clock.ts';

const unhurried = new AbortController().signal;
const message = { subject: 'Plaza reservada: «WOD»', text: 'Tienes plaza.' };

const mails: Mail[] = [];
let ses: Awaited<ReturnType<typeof startSes>>;
let send: SendMail;
beforeAll(async () => {
  ses = await startSes({ deliver: (mail) => void mails.push(mail), clock: systemClock });
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new SESv2Client({ endpoint: ses.endpoint, region: 'eu-west-1', credentials, maxAttempts: 1 });
  send = mailSender(client, 'gym@example.com', systemClock);
});
afterAll(() => ses.stop());
beforeEach(() => {
  mails.length = 0;
  ses.refuse(undefined);
});

test('a mail is plain text, sent to its member alone', async () => {
  expect(await send('ada@example.com', message, unhurried)).toEqual({ kind: 'delivered' });

  expect(mails).toEqual([
    { to: 'ada@example.com', subject: message.subject, text: expect.stringMatching(/^Tienes plaza\.\n/) },
  ]);
});

test.each([
  [429, 'TooManyRequestsException', true],
  [400, 'LimitExceededException', true],
  [503, 'ServiceUnavailable', true],
  [400, 'MessageRejected', false],
  [400, 'MailFromDomainNotVerifiedException', false],
  [403, 'AccessDeniedException', false],
])('SES’s %i %s is transient: %s', async (status, type, isTransient) => {
  ses.refuse({ status, type });

  expect(await send('ada@example.com', message, unhurried)).toEqual({ kind: 'failed', fault: type, isTransient });
  expect(mails).toEqual([]);
});

test('an unreachable SES is a transient failure', async () => {
  ses.stop();

  expect(await send('ada@example.com', message, unhurried)).toMatchObject({ kind: 'failed', isTransient: true });
});
