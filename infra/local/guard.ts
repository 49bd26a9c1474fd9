import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import { buffer } from 'node:stream/consumers';
import * as z from 'zod/mini';
import { grantsOn } from '../function-definition.ts';
import { functionsByName } from '../functions.ts';
import { portOf } from './database.ts';

const TableRequest = z.object({ TableName: z.string(), IndexName: z.optional(z.string()) });

/**
 * DynamoDB as a function's role lets it be used: passes on what the function is granted, and refuses the rest as IAM would.
 * Functions are known by their access keys; whoever else asks is this machine's own user.
 */
export async function guardTables(endpoint: string) {
  const agent = new Agent({ keepAlive: true });
  const server = createServer(async (request, response) => {
    try {
      const body = await buffer(request);
      const denial = denialOf(request, body);
      if (denial) refuse(response, denial);
      else await passOn(new URL(request.url ?? '/', endpoint), agent, request, body, response);
    } catch {
      response.destroy();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${portOf(server)}`,
    stop() {
      server.close();
      server.closeAllConnections();
      agent.destroy();
    },
  };
}

/** @returns what the caller may not do; undefined when it may. */
function denialOf({ headers }: IncomingMessage, body: Buffer): string | undefined {
  const caller = /Credential=([^/]+)\//.exec(headers.authorization ?? '')?.[1] ?? '';
  const definition = functionsByName.get(caller);
  if (!definition) return undefined;
  const action = String(headers['x-amz-target']).split('.').at(-1) ?? '';
  // A request for several tables names none at the top: no function makes one.
  const asked = TableRequest.safeParse(JSON.parse(body.toString('utf8')));
  const { TableName: table = '', IndexName: index } = asked.data ?? {};
  const granted = grantsOn(definition, table).some((grant) => grant.index === index && grant.actions.includes(action));
  const resource = index === undefined ? table : `${table}/${index}`;
  return granted ? undefined : `${caller} is not authorized to perform: dynamodb:${action} on resource: ${resource}`;
}

function refuse(response: ServerResponse, message: string): void {
  response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' });
  response.end(JSON.stringify({ __type: 'com.amazon.coral.service#AccessDeniedException', Message: message }));
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
