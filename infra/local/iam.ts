import { once } from 'node:events';
import {
  Agent,
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  request as send,
} from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { EnvironmentValues } from '../catalog/function-definition.ts';
import { functionsByName } from '../catalog/functions.ts';
import { handOver } from './hand-over.ts';
import { accessKeyOf, RULES, SERVICES, type Service, USER_ACCESS_KEY } from './iam-rules.ts';
import { listenOnLoopback } from './loopback.ts';

export type IamProxy = Awaited<ReturnType<typeof startIamProxy>>;

/**
 * Starts a proxy in front of a local service. The proxy forwards the requests that the caller's grants allow, and refuses the
 * others as IAM does. A caller with a function's access key is that function. Any other caller is this machine's user, who may do
 * everything.
 *
 * @param target the service's endpoint, or the service's server if that runs in this process.
 * @param values the environment variables that name the installation's resources. The grants refer to these resources.
 */
export async function startIamProxy(service: Service, target: string | Server, values: EnvironmentValues) {
  const agent = new Agent({ keepAlive: true });
  const server = createServer(async (request, response) => {
    try {
      const body = await buffer(request);
      const denial = findDenial(service, request, body, values);
      if (denial) refuse(request, response, denial);
      else if (typeof target === 'string')
        await forward(new URL(request.url ?? '/', target), agent, request, body, response);
      else await handToServer(target, request, body, response);
    } catch {
      // The caller sees a lost connection, as if the service were down.
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

/** The functions' names, by their access keys. */
const FUNCTION_NAMES_BY_KEY: ReadonlyMap<string, string> = new Map(
  [...functionsByName.keys()].map((name) => [accessKeyOf(name), name]),
);

/** Checks a request. @returns IAM's message if it is refused; undefined if it is allowed. */
function findDenial(
  service: Service,
  request: IncomingMessage,
  body: Buffer,
  values: EnvironmentValues,
): string | undefined {
  const { method = '', url = '/', headers } = request;
  // The header is `AWS4-HMAC-SHA256 Credential=<access key>/<date>/…`.
  const accessKey = /Credential=([^/]+)\//.exec(headers.authorization ?? '')?.[1] ?? '';
  const caller = FUNCTION_NAMES_BY_KEY.get(accessKey);
  const definition = caller === undefined ? undefined : functionsByName.get(caller);
  if (!definition) return undefined;
  // The header is such as `DynamoDB_20120810.GetItem`; REST protocols have none.
  const operation =
    String(headers['x-amz-target'] ?? '')
      .split('.')
      .at(-1) ?? '';
  const iamRequest = { method, url: new URL(url, 'http://aws'), operation, body: parseJson(body) };
  const { action, resource, isGranted } = RULES[service](definition, iamRequest, values);
  return isGranted ? undefined : `${caller} is not authorized to perform: ${action} on resource: ${resource}`;
}

/** Parses a body. @returns undefined if the body is not JSON. It then names no resource, so no grant allows the request. */
function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Refuses a request in the service's protocol. The JSON protocols name the operation in a header, and answer 400; REST answers 403. */
function refuse({ headers }: IncomingMessage, response: ServerResponse, message: string): void {
  const type = 'AccessDeniedException';
  response.writeHead('x-amz-target' in headers ? 400 : 403, {
    'content-type': 'application/json',
    'x-amzn-errortype': type,
  });
  response.end(JSON.stringify({ __type: type, Message: message, message }));
}

/** Replaces the caller with this machine's user, because DynamoDB Local keeps one database for each access key. */
const replaceCaller = (authorization: string): string =>
  authorization.replace(/Credential=[^/]+\//, `Credential=${USER_ACCESS_KEY}/`);

/** Sends the request to the service's endpoint, and passes on the answer. */
async function forward(url: URL, agent: Agent, request: IncomingMessage, body: Buffer, response: ServerResponse) {
  const { method, headers } = request;
  const forwardedHeaders = { ...headers, host: url.host, authorization: replaceCaller(headers.authorization ?? '') };
  const outgoing = send(url, { agent, ...(method && { method }), headers: forwardedHeaders });
  outgoing.end(body);
  const [answer]: IncomingMessage[] = await once(outgoing, 'response');
  if (!answer) throw new Error('The service gave no answer.');
  response.writeHead(answer.statusCode ?? 502, answer.headers);
  answer.pipe(response);
}

/** Gives the request to a server of this process, and passes on the answer. */
async function handToServer(server: Server, request: IncomingMessage, body: Buffer, response: ServerResponse) {
  const { method = '', url = '/', headers } = request;
  const answer = await handOver(server, { method, url, headers, body });
  response.writeHead(answer.status, answer.headers).end(answer.body);
}

/** The environment variables from which the SDK reads the endpoints of the services. */
const ENDPOINT_VARIABLES: Readonly<Record<Service, string>> = {
  dynamodb: 'AWS_ENDPOINT_URL_DYNAMODB',
  secretsmanager: 'AWS_ENDPOINT_URL_SECRETS_MANAGER',
  scheduler: 'AWS_ENDPOINT_URL_SCHEDULER',
  lambda: 'AWS_ENDPOINT_URL_LAMBDA',
  events: 'AWS_ENDPOINT_URL_EVENTBRIDGE',
  ses: 'AWS_ENDPOINT_URL_SESV2',
  sqs: 'AWS_ENDPOINT_URL_SQS',
};

/** The services of a stack, each behind a proxy that checks the caller's grants. */
export class ProtectedServices {
  readonly #values: EnvironmentValues;
  readonly #proxies: IamProxy[] = [];
  readonly #variables: Record<string, string> = {};

  constructor(values: EnvironmentValues) {
    this.#values = values;
  }

  /** The environment variables that make the SDK call the local services. */
  get variables(): Readonly<Record<string, string>> {
    return this.#variables;
  }

  /** Starts a proxy in front of each of the services. */
  async addAll(targets: { readonly [S in Service]?: string | Server }): Promise<void> {
    for (const service of SERVICES) {
      const target = targets[service];
      if (target === undefined) continue;
      const proxy = await startIamProxy(service, target, this.#values);
      this.#proxies.push(proxy);
      this.#variables[ENDPOINT_VARIABLES[service]] = proxy.endpoint;
    }
  }

  stop(): void {
    for (const proxy of this.#proxies) proxy.stop();
  }
}
