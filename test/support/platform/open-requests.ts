import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import { ENGINE_REQUEST } from './in-process-engine.ts';

/** After so many rounds of the event loop without bytes on their way, all work waits. */
const QUIET_ROUNDS = 12;

/**
 * Watches the requests of this process, over HTTP to servers in it and to the database engine in it. What a server of this
 * process has received whole and not yet answered is not on its way: the server waits, perhaps for a clock or for ever.
 */
export class OpenRequests {
  /** Requests over HTTP that have not ended. */
  readonly #open = new Set<ClientRequest>();
  /** Those that a server has received and neither answered nor given up. */
  readonly #served = new WeakSet<ClientRequest>();
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

  /** Resolves once the event loop has gone round several times without bytes on their way. */
  async settle(): Promise<void> {
    for (let rounds = 0; rounds < QUIET_ROUNDS; rounds += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#engine.size > 0 || [...this.#open].some((request) => this.#isOnItsWay(request))) rounds = -1;
    }
  }

  /** Whether a request, or its answer, travels. It does not before it has a connection, nor while it is built but not sent. */
  #isOnItsWay(request: ClientRequest): boolean {
    const { socket } = request;
    if (!socket || this.#served.has(request)) return false;
    return socket.connecting || request.writableEnded;
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
    incoming.once('end', () => this.#served.add(request));
    // Either end of an answer: it was sent, or the connection was closed.
    for (const end of ['finish', 'close']) outgoing.once(end, () => this.#served.delete(request));
  }
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

const requestOf = (message: unknown): unknown =>
  isObject(message) && 'request' in message ? message.request : undefined;

const responseOf = (message: unknown): unknown =>
  isObject(message) && 'response' in message ? message.response : undefined;
