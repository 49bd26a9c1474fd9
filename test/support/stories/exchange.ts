import { once } from 'node:events';
import { type IncomingMessage, type OutgoingHttpHeaders, request as send } from 'node:http';
import { buffer } from 'node:stream/consumers';

/** Forwards a request to another server, and reads the whole answer. @throws if there is none. */
export async function exchange(
  endpoint: string,
  { method = 'POST', url = '/', headers }: IncomingMessage,
  body: Buffer,
): Promise<{ readonly status: number; readonly headers: OutgoingHttpHeaders; readonly body: Buffer }> {
  const passed = send(new URL(url, endpoint), { agent: false, method, headers });
  passed.end(body);
  const [answer]: IncomingMessage[] = await once(passed, 'response');
  if (!answer) throw new Error('The engine gave no answer.');
  return { status: answer.statusCode ?? 502, headers: answer.headers, body: await buffer(answer) };
}
