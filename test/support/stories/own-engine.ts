import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request as send } from 'node:http';
import { listenOnLoopback } from '../../../infra/local/loopback.ts';

export type OwnEngine = { readonly endpoint: string; stop(): void };

/** The engine that the stories run against instead of the local stack's own (test/README.md, "A second engine"). */
const SECOND_ENGINE = process.env['AWS_ENDPOINT_URL_DYNAMODB'];

/**
 * Creates a database for one world in the second engine, if there is one. DynamoDB Local keeps one database for each access
 * key, so a proxy in front of it sends another key for each world.
 */
export async function ownEngine(): Promise<OwnEngine | undefined> {
  if (!SECOND_ENGINE) return undefined;
  const accessKey = `world${randomUUID().replaceAll('-', '').slice(0, 12)}`;
  const agent = new Agent({ keepAlive: true });
  const server = createServer((incoming, outgoing) => {
    const { method = 'POST', url = '/', headers } = incoming;
    const authorization = (headers.authorization ?? '').replace(/Credential=[^/]+\//, `Credential=${accessKey}/`);
    const passed = send(new URL(url, SECOND_ENGINE), { agent, method, headers: { ...headers, authorization } });
    passed.on('error', () => outgoing.destroy());
    incoming.pipe(passed);
    once(passed, 'response').then(
      ([answer]: IncomingMessage[]) => {
        outgoing.writeHead(answer?.statusCode ?? 502, answer?.headers);
        answer?.pipe(outgoing);
      },
      () => undefined,
    );
  });
  const { url, stop } = await listenOnLoopback(server);
  return {
    endpoint: url,
    stop() {
      stop();
      agent.destroy();
    },
  };
}
