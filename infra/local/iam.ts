import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { EnvironmentValues } from '../catalog/function-definition.ts';
import { functionsByName } from '../catalog/functions.ts';
import { THIS_MACHINES_USER } from './dynamodb.ts';
import { accessKeyOf, RULES, SERVICES, type Service } from './iam-rules.ts';
import { listenOnLoopback } from './loopback.ts';

export type Iam = Awaited<ReturnType<typeof startIam>>;

/**
 * Starts a proxy in front of a service of AWS. It passes on the requests that the caller's grants allow, and refuses the others
 * as IAM would. A function is known by its access key; any other caller is this machine's user, who may do everything.
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
  const { url, stop } = await listenOnLoopback(server);
  return {
    endpoint: url,
    stop() {
      stop();
      agent.destroy();
    },
  };
}

/** The functions' names by their access keys. */
const CALLERS: ReadonlyMap<string, string> = new Map(
  [...functionsByName.keys()].map((name) => [accessKeyOf(name), name]),
);

/** @returns why the caller may not do this; undefined if it may. */
function findDenial(
  service: Service,
  request: IncomingMessage,
  body: Buffer,
  values: EnvironmentValues,
): string | undefined {
  const { method = '', url = '/', headers } = request;
  const caller = CALLERS.get(/Credential=([^/]+)\//.exec(headers.authorization ?? '')?.[1] ?? '');
  const definition = caller === undefined ? undefined : functionsByName.get(caller);
  if (!definition) return undefined;
  const operation = String(headers['x-amz-target']).split('.').at(-1) ?? '';
  const iamRequest = { method, url: new URL(url, 'http://aws'), operation, body: parseJson(body) };
  const { action, resource, granted } = RULES[service](definition, iamRequest, values);
  return granted ? undefined : `${caller} is not authorized to perform: ${action} on resource: ${resource}`;
}

/** @returns undefined for a body that is not JSON: it names no resource, so no grant allows it. */
function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Refuses in the form of the service's protocol: JSON-RPC names the operation in a header, REST in method and path. */
function refuse({ headers }: IncomingMessage, response: ServerResponse, message: string): void {
  const type = 'AccessDeniedException';
  response.writeHead('x-amz-target' in headers ? 400 : 403, {
    'content-type': 'application/json',
    'x-amzn-errortype': type,
  });
  response.end(JSON.stringify({ __type: type, Message: message, message }));
}

/** Names this machine's user instead of the caller. DynamoDB Local keeps a database of its own for each access key. */
const asThisMachinesUser = (authorization: string): string =>
  authorization.replace(/Credential=[^/]+\//, `Credential=${THIS_MACHINES_USER}/`);

async function passOn(url: URL, agent: Agent, request: IncomingMessage, body: Buffer, response: ServerResponse) {
  const { method, headers } = request;
  const asUser = { ...headers, host: url.host, authorization: asThisMachinesUser(headers.authorization ?? '') };
  const outgoing = send(url, { agent, ...(method && { method }), headers: asUser });
  outgoing.end(body);
  const [answer]: IncomingMessage[] = await once(outgoing, 'response');
  if (!answer) throw new Error('The service gave no answer.');
  response.writeHead(answer.statusCode ?? 502, answer.headers);
  answer.pipe(response);
}

/** The SDK's variables with the endpoints of the services. */
const ENDPOINT_VARIABLES: Readonly<Record<Service, string>> = {
  dynamodb: 'AWS_ENDPOINT_URL_DYNAMODB',
  secretsmanager: 'AWS_ENDPOINT_URL_SECRETS_MANAGER',
  scheduler: 'AWS_ENDPOINT_URL_SCHEDULER',
  lambda: 'AWS_ENDPOINT_URL_LAMBDA',
  events: 'AWS_ENDPOINT_URL_EVENTBRIDGE',
  ses: 'AWS_ENDPOINT_URL_SESV2',
};

/** The services of a stack, each behind IAM. */
export class ProtectedServices {
  readonly #values: EnvironmentValues;
  readonly #proxies: Iam[] = [];
  readonly #variables: Record<string, string> = {};

  constructor(values: EnvironmentValues) {
    this.#values = values;
  }

  /** The variables that lead the SDK to the services. */
  get variables(): Readonly<Record<string, string>> {
    return this.#variables;
  }

  async addAll(endpoints: { readonly [S in Service]?: string }): Promise<void> {
    for (const service of SERVICES) {
      const endpoint = endpoints[service];
      if (endpoint === undefined) continue;
      const proxy = await startIam(service, endpoint, this.#values);
      this.#proxies.push(proxy);
      this.#variables[ENDPOINT_VARIABLES[service]] = proxy.endpoint;
    }
  }

  stop(): void {
    for (const proxy of this.#proxies) proxy.stop();
  }
}
