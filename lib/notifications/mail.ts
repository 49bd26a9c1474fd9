import { type SESv2Client, SESv2ServiceException, SendEmailCommand } from '@aws-sdk/client-sesv2';
import type { Message } from './message.ts';

export type MailSent =
  | { readonly kind: 'delivered' }
  /** `passing`: SES was busy or away, and may take it later. */
  | { readonly kind: 'failed'; readonly fault: string; readonly passing: boolean };

export type SendMail = (to: string, message: Message, signal: AbortSignal) => Promise<MailSent>;

/** How the service is called in a mail's From. */
const SENDER = 'On the Dot';

/** Sends plain text through SES, from an address that it is allowed to send from. */
export const mailSender =
  (client: SESv2Client, from: string): SendMail =>
  async (to, { subject, text }, signal) => {
    const content = (Data: string) => ({ Data, Charset: 'UTF-8' });
    const mail = new SendEmailCommand({
      FromEmailAddress: `${SENDER} <${from}>`,
      Destination: { ToAddresses: [to] },
      Content: { Simple: { Subject: content(subject), Body: { Text: content(`${text}\n\n${SENDER}\n`) } } },
    });
    try {
      await client.send(mail, { abortSignal: signal });
      return { kind: 'delivered' };
    } catch (error) {
      // Only its name: SES puts addresses into what it says.
      return { kind: 'failed', fault: error instanceof Error ? error.name : typeof error, passing: isPassing(error) };
    }
  };

/** What may be mended by waiting alone: SES refuses the rest until somebody changes something. */
const PASSING = ['TooManyRequestsException', 'LimitExceededException', 'ThrottlingException'];

function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (!(error instanceof SESv2ServiceException) || PASSING.includes(error.name)) return true;
  return (error.$metadata.httpStatusCode ?? 0) >= 500;
}
