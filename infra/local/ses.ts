import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import * as z from 'zod/mini';
import type { Clock } from '../../lib/platform/clock.ts';
import { listenOnLoopback } from './loopback.ts';
import type { Mail } from './mail.ts';
import { openSentMails } from './sent-mails.ts';

/** The answer to a refused mail: the HTTP status, and SES's error type. */
type Refusal = { readonly status: number; readonly type: string };

/** A mail that could not be delivered, with SES's answer to it. */
export class MailRefused extends Error {
  override readonly name = 'MailRefused';
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.type);
    this.refusal = refusal;
  }
}

const Content = z.object({ Data: z.string().check(z.minLength(1)), Charset: z.optional(z.literal('UTF-8')) });
const SendEmail = z.object({
  FromEmailAddress: z.string().check(z.regex(/^[^\r\n]+@[^\r\n]+$/)),
  Destination: z.object({ ToAddresses: z.array(z.email()).check(z.length(1)) }),
  Content: z.object({
    Simple: z.object({ Subject: Content, Body: z.object({ Text: Content }) }),
  }),
});

export type SesOptions = {
  /** Delivers a mail. @throws MailRefused if it cannot be delivered. */
  readonly deliver: (mail: Mail, from: string) => void | Promise<void>;
  readonly clock: Pick<Clock, 'now'>;
  /** The file with the hashes of the mails that were sent last; without it they are in memory. */
  readonly sentPath?: string;
};

/** Starts SES's SendEmail (version 2) for plain text to one address. A mail that comes again after a crash is not sent again. */
export async function startSes({ deliver, clock, sentPath = ':memory:' }: SesOptions) {
  let forcedRefusal: Refusal | undefined;
  let isStoreOpen = true;
  const sent = openSentMails(sentPath, clock.now);
  async function send(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const decoded = SendEmail.safeParse(await json(request).catch(() => undefined));
    if (request.method !== 'POST' || request.url !== '/v2/email/outbound-emails' || !decoded.success)
      throw new MailRefused({ status: 400, type: 'BadRequestException' });
    if (forcedRefusal) throw new MailRefused(forcedRefusal);
    const { FromEmailAddress: from, Destination, Content: content } = decoded.data;
    const { Subject, Body } = content.Simple;
    const mail = { to: Destination.ToAddresses[0] ?? '', subject: Subject.Data, text: Body.Text.Data };
    if (sent.recognise(mail)) return;
    await deliver(mail, from);
    // If the connection ends before the whole answer is sent, the outbox may send the mail again. Then the store recognises it.
    const expectAgain = sent.add(mail);
    if (response.destroyed) expectAgain();
    else
      response.once('close', () => {
        if (!response.writableFinished && isStoreOpen) expectAgain();
      });
  }
  const server = createServer(async (request, response) => {
    try {
      await send(request, response);
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ MessageId: randomUUID() }));
    } catch (error) {
      const { status, type } =
        error instanceof MailRefused ? error.refusal : { status: 500, type: 'InternalFailureException' };
      response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': type });
      response.end(JSON.stringify({ message: 'Refused.' }));
    }
  });
  const { url, stop } = await listenOnLoopback(server);
  return {
    endpoint: url,
    /** Makes SES answer every mail with this refusal from now on. With undefined, SES accepts mails again. */
    refuse(answer: Refusal | undefined) {
      forcedRefusal = answer;
    },
    stop() {
      stop();
      if (isStoreOpen) sent.close();
      isStoreOpen = false;
    },
  };
}
