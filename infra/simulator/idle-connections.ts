import type { Socket } from 'node:net';
import type { Network } from './network.ts';
import type { Switches } from './switches.ts';

const UNSOLICITED_ANSWER = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';

/** Closes connections that were idle for `keepAliveMs`. If `idleAnswer` is set, first sends a 408 that answers no request. */
export class IdleConnections {
  readonly #network: Network;
  readonly #switches: () => Switches;
  /** How many requests each connection has carried. */
  readonly #requests = new WeakMap<Socket, number>();

  constructor(network: Network, switches: () => Switches) {
    this.#network = network;
    this.#switches = switches;
  }

  onRequest(socket: Socket): void {
    this.#requests.set(socket, this.#countRequests(socket) + 1);
  }

  /** Closes the connection unless another request comes in time. The server calls this after each answer. */
  async onAnswered(socket: Socket): Promise<void> {
    const { keepAliveMs, idleAnswer } = this.#switches();
    if (keepAliveMs === null) return;
    const countBefore = this.#countRequests(socket);
    await this.#network.wait(keepAliveMs);
    if (this.#countRequests(socket) !== countBefore || socket.destroyed) return;
    if (idleAnswer) socket.write(UNSOLICITED_ANSWER);
    socket.end();
  }

  #countRequests(socket: Socket): number {
    return this.#requests.get(socket) ?? 0;
  }
}
