import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import * as z from 'zod/mini';
import { listenOnLoopback } from '../../../infra/local/loopback.ts';

const Published = z.object({ topic: z.string(), title: z.string() });

/** A message that a topic has got. */
export type Published = z.infer<typeof Published>;

/** Starts a server that accepts messages as ntfy does, and remembers them. */
export async function startNtfyReceiver() {
  const messages: Published[] = [];
  const server = createServer(async (request, response) => {
    const published = Published.safeParse(await json(request).catch(() => undefined));
    if (published.success) messages.push(published.data);
    response.writeHead(published.success ? 200 : 400, { 'content-type': 'application/json' }).end('{}');
  });
  const { url, stop } = await listenOnLoopback(server);
  return { host: new URL(url).host, urlOf: (topic: string) => `${url}/${topic}`, messages, stop };
}
