import { type SESv2Client, SESv2ServiceException, SendEmailCommand } from '@aws-sdk/client-sesv2';
import { type Clock, DAY, SECOND } from '../platform/clock.ts';
import type { ChannelAdapter, Outgoing } from './channel.ts';
import type { SettingsStore } from './settings-store.ts';

export type MailResult =
  | { readonly kind: 'delivered' }
  | {
      readonly kind: 'failed';
      readonly fault: string;
      /** Whether SES may accept the mail later. */
      readonly isTransient: boolean;
    };

export type MailText = Pick<Outgoing, 'subject' | 'text'>;
export type SendMail = (to: string, message: MailText, signal: AbortSignal) => Promise<MailResult>;

/** How many times a mail is tried if SES refuses it for a reason that is not transient. */
const REFUSED_MAIL_TRIES = 5;

/** Creates the mail channel. Its only receiver (id '') is the address that the member logs in with, and is never disabled. */
export const mailChannel = (settings: Pick<SettingsStore, 'find'>, sendMail: SendMail): ChannelAdapter => ({
  channel: 'email',
  // After a day, a message is no longer useful.
  triedFor: DAY,
  mender: 'operator',
  list: async (_email, preferences) => (preferences.email ? [''] : []),
  async open(email) {
    if (!(await settings.find(email))?.email) return undefined;
    return {
      name: undefined,
      async send({ subject, text, link }, signal) {
        const result = await sendMail(email, { subject, text: link === null ? text : `${text}\n\n${link}` }, signal);
        if (result.kind === 'delivered') return result;
        const { fault, isTransient } = result;
        return { kind: 'failed', fault, retryAfter: 0, ...(!isTransient && { maxTries: REFUSED_MAIL_TRIES }) };
      },
      // Nothing about the receiver is stored, so nothing is recorded.
      recordSuccess: async () => undefined,
      recordFailure: async (_fault, now) => now,
      recordTestFailure: async () => undefined,
      end: async () => false,
    };
  },
});

/** The sender's name in a mail's From, and the signature under its text. */
const SENDER = 'On the Dot';

/** How long SES may take, the client's retries included, in milliseconds: one mail must not hold up those of other members. */
const DEADLINE = 15 * SECOND;

/** Creates a function that sends plain text through SES. @param from an address that SES lets this account send from. */
export const mailSender =
  (client: SESv2Client, from: string, clock: Pick<Clock, 'timeout'>): SendMail =>
  async (to, { subject, text }, signal) => {
    const inUtf8 = (content: string) => ({ Data: content, Charset: 'UTF-8' });
    const mail = new SendEmailCommand({
      FromEmailAddress: `${SENDER} <${from}>`,
      Destination: { ToAddresses: [to] },
      Content: { Simple: { Subject: inUtf8(subject), Body: { Text: inUtf8(`${text}\n\n${SENDER}\n`) } } },
    });
    try {
      const deadline = AbortSignal.any([signal, clock.timeout(DEADLINE)]);
      // The race ends the wait after an answer that switches protocols (101): the client then never settles its promise, and
      // ignores its signal.
      await Promise.race([client.send(mail, { abortSignal: deadline }), rejectAtAbort(deadline)]);
      return { kind: 'delivered' };
    } catch (error) {
      // Only the name is kept, because SES's messages contain mail addresses.
      const fault = error instanceof Error ? error.name : typeof error;
      return { kind: 'failed', fault, isTransient: isTransient(error) };
    }
  };

/** Returns a promise that is rejected with the signal's reason as soon as it aborts. */
const rejectAtAbort = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });

/** Refusals of SES that end by themselves. All others last until an operator changes something. */
const TRANSIENT = ['TooManyRequestsException', 'LimitExceededException', 'ThrottlingException'];

function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // Any error but a SESv2ServiceException means that SES has not answered.
  if (!(error instanceof SESv2ServiceException) || TRANSIENT.includes(error.name)) return true;
  return (error.$metadata.httpStatusCode ?? 0) >= 500;
}
