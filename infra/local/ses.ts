import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import * as z from 'zod/mini';
import { boundPort } from './dynamodb.ts';

export type Mail = { readonly to: string; readonly subject: string; readonly text: string };

const Content = z.object({ Data: z.string().check(z.minLength(1)), Charset: z.optional(z.literal('UTF-8')) });
const SendEmail = z.object({
  FromEmailAddress: z.string().check(z.regex(/^[^\r\n]+@[^\r\n]+$/)),
  Destination: z.object({ ToAddresses: z.array(z.email()).check(z.length(1)) }),
  Content: z.object({
    Simple: z.object({ Subject: Content, Body: z.object({ Text: Content }) }),
  }),
});

/** SES's SendEmail (version 2), for plain text to one member: what is sent is handed over, and leaves the machine never. */
export async function startSes(deliver: (mail: Mail) => void) {
  let refusing: { readonly status: number; readonly type: string } | undefined;
  const server = createServer(async (request, response) => {
    const asked = SendEmail.safeParse(await json(request).catch(() => undefined));
    const known = request.method === 'POST' && request.url === '/v2/email/outbound-emails' && asked.success;
    const { status, type } = refusing ?? { status: 400, type: 'BadRequestException' };
    if (!known || refusing) {
      response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': type });
      response.end(JSON.stringify({ message: 'Refused.' }));
      return;
    }
    const { Destination, Content: content } = asked.data;
    const { Subject, Body } = content.Simple;
    deliver({ to: Destination.ToAddresses[0] ?? '', subject: Subject.Data, text: Body.Text.Data });
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ MessageId: randomUUID() }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${boundPort(server)}`,
    /** From now on every mail is refused as SES would, or taken again. */
    refuse(how: { readonly status: number; readonly type: string } | undefined) {
      refusing = how;
    },
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
