import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { EnvironmentValues } from '../catalog/function-definition.ts';
import { functionsByName } from '../catalog/functions.ts';
import { boundPort } from './dynamodb.ts';
import { RULES, type Service } from './iam-rules.ts';

export type Iam = Awaited<ReturnType<typeof startIam>>;

/**
 * A service of AWS as a function's role lets it be used: passes on what the function is granted, and refuses the rest as
 * IAM would. Functions are known by their access keys; whoever else asks is this machine's own user.
 */
export async function startIam(service: Service, endpoint: string, values: EnvironmentValues) {
  const agent = new Agent({ keepAlive: true });
  const server = createServer(async (request, response) => {
    try {
      const body = await buffer(request);
      const denial = findDenial(service, request, body, values);
      if (denial) refuse(request, response, denial);
      else await passOn(new URL(request.url ?? '/', endpoint), agent, request, body, response);
    } catch {
      response.destroy();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${boundPort(server)}`,
    stop() {
      server.close();
      server.closeAllConnections();
      agent.destroy();
    },
  };
}

/** @returns what the caller may not do; undefined when it may. */
function findDenial(
  service: Service,
  request: IncomingMessage,
  body: Buffer,
  values: EnvironmentValues,
): string | undefined {
  const { method = '', url = '/', headers } = request;
  const caller = /Credential=([^/]+)\//.exec(headers.authorization ?? '')?.[1] ?? '';
  const definition = functionsByName.get(caller);
  if (!definition) return undefined;
  const operation = String(headers['x-amz-target']).split('.').at(-1) ?? '';
  const asked = { method, url: new URL(url, 'http://aws'), operation, body: jsonIn(body) };
  const { action, resource, granted } = RULES[service](definition, asked, values);
  return granted ? undefined : `${caller} is not authorized to perform: ${action} on resource: ${resource}`;
}

/** What is no JSON names nothing that anybody is granted. */
function jsonIn(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** In the words of both protocols that the services speak: with the operation in a header, or in method and path. */
function refuse({ headers }: IncomingMessage, response: ServerResponse, message: string): void {
  const type = 'AccessDeniedException';
  response.writeHead('x-amz-target' in headers ? 400 : 403, {
    'content-type': 'application/json',
    'x-amzn-errortype': type,
  });
  response.end(JSON.stringify({ __type: type, Message: message, message }));
}

async function passOn(url: URL, agent: Agent, request: IncomingMessage, body: Buffer, response: ServerResponse) {
  const { method, headers } = request;
  const outgoing = send(url, { agent, ...(method && { method }), headers: { ...headers, host: url.host } });
  outgoing.end(body);
  const [answer]: IncomingMessage[] = await once(outgoing, 'response');
  if (!answer) throw new Error('no answer');
  response.writeHead(answer.statusCode ?? 502, answer.headers);
  answer.pipe(response);
}
