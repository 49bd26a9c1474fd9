import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import * as z from 'zod/mini';
import { listenOnLoopback } from './loopback.ts';

export type Mail = { readonly to: string; readonly subject: string; readonly text: string };

/** The answer to a refused mail: the HTTP status, and SES's error type. */
type Refusal = { readonly status: number; readonly type: string };

const Content = z.object({ Data: z.string().check(z.minLength(1)), Charset: z.optional(z.literal('UTF-8')) });
const SendEmail = z.object({
  FromEmailAddress: z.string().check(z.regex(/^[^\r\n]+@[^\r\n]+$/)),
  Destination: z.object({ ToAddresses: z.array(z.email()).check(z.length(1)) }),
  Content: z.object({
    Simple: z.object({ Subject: Content, Body: z.object({ Text: Content }) }),
  }),
});

/** Starts SES's SendEmail (version 2) for plain text to one address. `deliver` receives each mail; none leaves the machine. */
export async function startSes(deliver: (mail: Mail) => void) {
  let refusal: Refusal | undefined;
  const server = createServer(async (request, response) => {
    const decoded = SendEmail.safeParse(await json(request).catch(() => undefined));
    const isSendEmail = request.method === 'POST' && request.url === '/v2/email/outbound-emails' && decoded.success;
    const { status, type } = refusal ?? { status: 400, type: 'BadRequestException' };
    if (!isSendEmail || refusal) {
      response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': type });
      response.end(JSON.stringify({ message: 'Refused.' }));
      return;
    }
    const { Destination, Content: content } = decoded.data;
    const { Subject, Body } = content.Simple;
    deliver({ to: Destination.ToAddresses[0] ?? '', subject: Subject.Data, text: Body.Text.Data });
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ MessageId: randomUUID() }));
  });
  const { url, stop } = await listenOnLoopback(server);
  return {
    endpoint: url,
    /** Makes SES refuse every mail from now on with this answer, or, with undefined, accept mails again. */
    refuse(answer: Refusal | undefined) {
      refusal = answer;
    },
    stop,
  };
}
