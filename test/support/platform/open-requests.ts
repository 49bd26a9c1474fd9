import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import { ENGINE_REQUEST } from './in-process-engine.ts';

/** After this many rounds of the event loop without bytes under way, all work counts as waiting. */
const QUIET_ROUNDS = 12;

/**
 * Watches the requests of this process to servers and the database engine in the same process. A request that a server has
 * received completely and not yet answered is not under way: the server waits, perhaps for a clock or for ever.
 */
export class OpenRequests {
  /** Requests over HTTP that have not ended. */
  readonly #open = new Set<ClientRequest>();
  /** The responses to the requests that a server has received. */
  readonly #answers = new WeakMap<ClientRequest, ServerResponse>();
  readonly #engine = new Set<unknown>();
  readonly #channels: readonly (readonly [string, (message: unknown) => void])[] = [
    ['http.client.request.created', (message) => this.#onCreated(requestOf(message))],
    ['http.server.request.start', (message) => this.#onReceived(requestOf(message), responseOf(message))],
    [ENGINE_REQUEST.start, (message) => void this.#engine.add(requestOf(message))],
    [ENGINE_REQUEST.finish, (message) => void this.#engine.delete(requestOf(message))],
  ];

  constructor() {
    for (const [channel, listen] of this.#channels) subscribe(channel, listen);
  }

  stop(): void {
    for (const [channel, listen] of this.#channels) unsubscribe(channel, listen);
  }

  /** Resolves after several rounds of the event loop without bytes under way. */
  async settle(): Promise<void> {
    for (let rounds = 0; rounds < QUIET_ROUNDS; rounds += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#engine.size > 0 || [...this.#open].some((request) => this.#isOnItsWay(request))) rounds = -1;
    }
  }

  /** Checks whether a request or its answer is under way. A request without a connection, or not sent yet, is not. */
  #isOnItsWay(request: ClientRequest): boolean {
    const answer = this.#answers.get(request);
    if (answer) return answer.writableEnded || answer.destroyed;
    const { socket } = request;
    return socket !== null && (socket.connecting || request.writableEnded);
  }

  #onCreated(request: unknown): void {
    if (!(request instanceof ClientRequest)) return;
    this.#open.add(request);
    // Every request ends with this event: answered, failed, or destroyed by its client.
    request.once('close', () => this.#open.delete(request));
  }

  #onReceived(incoming: unknown, outgoing: unknown): void {
    if (!(incoming instanceof IncomingMessage) || !(outgoing instanceof ServerResponse)) return;
    const { remotePort } = incoming.socket;
    const request = [...this.#open].find(({ socket }) => socket?.localPort === remotePort);
    if (!request) return;
    incoming.once('end', () => this.#answers.set(request, outgoing));
  }
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

const requestOf = (message: unknown): unknown =>
  isObject(message) && 'request' in message ? message.request : undefined;

const responseOf = (message: unknown): unknown =>
  isObject(message) && 'response' in message ? message.response : undefined;
