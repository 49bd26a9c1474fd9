import type { Socket } from 'node:net';
import type { Network } from './network.ts';
import type { Switches } from './switches.ts';

/** An answer that no request has asked for. */
const UNSOLICITED_ANSWER = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';

/** Closes connections that were idle for `keepAliveMs`. If `idleAnswer` is set, first sends an answer 408 that has no request. */
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
    this.#requests.set(socket, this.#countOf(socket) + 1);
  }

  /** Closes the connection unless another request comes in time. Call it after each answer. */
  async onAnswered(socket: Socket): Promise<void> {
    const { keepAliveMs, idleAnswer } = this.#switches();
    if (keepAliveMs === null) return;
    const countBefore = this.#countOf(socket);
    await this.#network.wait(keepAliveMs);
    if (this.#countOf(socket) !== countBefore || socket.destroyed) return;
    if (idleAnswer) socket.write(UNSOLICITED_ANSWER);
    socket.end();
  }

  #countOf(socket: Socket): number {
    return this.#requests.get(socket) ?? 0;
  }
}
