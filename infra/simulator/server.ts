import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { recordBooking } from './box-pages.ts';
import { faultReply, truncate } from './fault-replies.ts';
import { type Fault, type FaultPlan, hasOwnAnswer, isCarriedOut } from './faults.ts';
import { IdleConnections } from './idle-connections.ts';
import type { Arrival, Network } from './network.ts';
import { drawHex } from './random.ts';
import { serve } from './routes.ts';
import type { SimulatorState } from './state.ts';
import type { Switches } from './switches.ts';
import { isFromPage, isToThisMachine } from './web-pages.ts';
import {
  BALANCER_COOKIE,
  NOT_FOUND,
  parseCookies,
  parseForm,
  parseTarget,
  type Reply,
  type SimulatorRequest,
  type Target,
} from './wire.ts';

type ServerParts = {
  readonly state: SimulatorState;
  readonly network: Network;
  readonly faults: FaultPlan;
  /** Answers requests at `/_gym`, with which tests and developers control the simulator. */
  readonly admin: (method: string, path: string, query: URLSearchParams, body: string) => Reply;
};

/** The largest body of a request, in bytes. */
const MAX_BODY = 1_000_000;

/** For the fault `reset-late`: how long after the connection is broken the request is carried out, in milliseconds. */
const RESET_LATE_DELAY = 1_500;

/** Creates the simulator's HTTP server, which does not listen yet. */
export function createSimulatorServer(parts: ServerParts): Server {
  const idle = new IdleConnections(parts.network, parts.state.switches);
  const server = createServer((incoming, outgoing) => {
    const { socket } = incoming;
    idle.onRequest(socket);
    outgoing.once('finish', () => idle.onAnswered(socket));
    answer(parts, incoming, outgoing).catch(() => outgoing.destroy());
  });
  // In milliseconds. AimHarder's balancer keeps an idle connection for more than a minute.
  server.keepAliveTimeout = 75_000;
  return server;
}

/** Answers a request: to a host of AimHarder, or to the simulator's control. */
async function answer(parts: ServerParts, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  if (!isToThisMachine(incoming)) return send(outgoing, NOT_FOUND);
  const cookies = parseCookies(incoming);
  const arrival = parts.network.computeArrival(incoming.socket, cookies.get(BALANCER_COOKIE));
  const target = parseTarget(incoming.url ?? '/');
  if (target && target.site !== '_gym') countRequest(parts.state, target);
  const body = await readBody(incoming);
  const method = incoming.method ?? 'GET';
  if (target?.site === '_gym' && isFromPage(incoming)) return send(outgoing, { ...NOT_FOUND, status: 403 });
  if (target?.site === '_gym') return send(outgoing, parts.admin(method, target.path, target.query, body));
  if (!target) return send(outgoing, NOT_FOUND);
  const request = {
    ...target,
    method,
    cookies,
    body,
    contentType: incoming.headers['content-type'] ?? '',
    arrivedAt: arrival.at,
  };
  await answerAsAimHarder(parts, request, arrival, outgoing);
}

/** Answers a request as AimHarder would, after the delays of the network, and with the planned or random fault if it has one. */
async function answerAsAimHarder(
  { state, network, faults }: ServerParts,
  request: SimulatorRequest,
  arrival: Arrival,
  outgoing: ServerResponse,
) {
  await network.waitForArrival(arrival);
  const classId = isBooking(request) ? (parseForm(request).get('id') ?? undefined) : undefined;
  const fault = findAddressFault(state.switches()) ?? faults.take(request.path, classId);
  if (fault?.kind === 'reset-late') {
    outgoing.socket?.resetAndDestroy();
    await network.wait(RESET_LATE_DELAY);
    produceReply(state, request, undefined);
    return;
  }
  const reply = produceReply(state, request, fault);
  const workMs = network.drawWorkMs(request.path) + (fault?.kind === 'slow' ? fault.ms : 0);
  await network.waitForDelivery(arrival, workMs);
  if (fault?.kind === 'silent' || fault?.kind === 'silent-after') return;
  if (fault?.kind === 'reset' || fault?.kind === 'reset-after') {
    outgoing.socket?.resetAndDestroy();
    return;
  }
  send(outgoing, reply, {
    ...network.dateHeaders(arrival, workMs),
    'set-cookie': [...reply.cookies, ...balancerCookies(state, arrival)],
  });
}

/** Finds the fault of every request while `refusesAddress` is set: a proxy in front of AimHarder answers with an error page. */
const findAddressFault = ({ refusesAddress: status }: Switches): Fault | undefined =>
  status === null ? undefined : { kind: 'status', status };

function countRequest({ record }: SimulatorState, { path }: Target): void {
  record.requests[path] = (record.requests[path] ?? 0) + 1;
}

const isBooking = ({ path, method }: SimulatorRequest): boolean => path === '/api/book' && method === 'POST';

/** Carries out a request, unless a fault prevents it, and records what a booking request gets. @returns the answer. */
function produceReply(state: SimulatorState, request: SimulatorRequest, fault: Fault | undefined): Reply {
  const booking = isBooking(request) ? recordBooking(state, request) : undefined;
  if (fault && !isCarriedOut(fault)) {
    if (booking) booking.answer = fault.kind;
    return faultReply(fault, state.switches(), request.box);
  }
  const reply = serve(state, request);
  if (booking) booking.answer = reply.note ?? '';
  if (fault && hasOwnAnswer(fault)) return faultReply(fault, state.switches(), request.box);
  return fault?.kind === 'truncated' ? truncate(reply) : reply;
}

/** Builds the two cookies that the balancer sets with every answer. They name the server that answered. */
function balancerCookies({ random }: SimulatorState, { server }: Arrival): readonly string[] {
  const value = `s${server}-${drawHex(random, 32)}`;
  return [
    `${BALANCER_COOKIE}=${value}; Path=/; Max-Age=604800`,
    `AWSALBCORS=${value}; Path=/; Max-Age=604800; SameSite=None; Secure`,
  ];
}

/** Reads a request's body by event listeners. Async iteration takes more rounds of the event loop, and would delay other arrivals. */
function readBody(incoming: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    incoming.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MAX_BODY) incoming.destroy(new Error('the request is too large'));
      chunks.push(chunk);
    });
    incoming.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    incoming.once('error', reject);
  });
}

type Headers = Readonly<Record<string, string | string[]>>;

function send(outgoing: ServerResponse, { status, headers, body }: Reply, extraHeaders: Headers = {}): void {
  // Node's own `Date` would show this machine's clock. The simulator's clock may differ from it.
  outgoing.sendDate = false;
  outgoing.writeHead(status, { ...headers, ...extraHeaders, 'content-length': Buffer.byteLength(body) });
  outgoing.end(body);
}
