import type { Socket } from 'node:net';
import type { Clock } from '../platform/clock.ts';

/** Numbers the connections in the order in which they are opened, and measures how long each takes to open. */
export class ConnectionMeter {
  /** How many connections were opened. */
  opened = 0;
  /** How many requests were sent and are not answered yet. */
  pendingRequests = 0;
  readonly #clock: Clock;
  #newest: Socket | undefined;
  readonly #numbers = new WeakMap<Socket, number>();
  readonly #connectMs = new WeakMap<Socket, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Gives a connection its number and starts to measure it, unless it is known already. @returns its number, from 1. */
  register(socket: Socket): number {
    const known = this.#numbers.get(socket);
    if (known !== undefined) return known;
    this.#newest = socket;
    this.opened += 1;
    this.#numbers.set(socket, this.opened);
    if (socket.connecting) this.#measure(socket);
    return this.opened;
  }

  /** Returns how long a connection took to open, in milliseconds: one round trip, in which the server does no work. */
  connectMsOf(socket: Socket | null): number | undefined {
    return socket ? this.#connectMs.get(socket) : undefined;
  }

  /** Checks whether the connection that was opened last is still open. */
  isLastOpen(): boolean {
    return this.#newest !== undefined && !this.#newest.destroyed && this.#newest.writable;
  }

  #measure(socket: Socket): void {
    let startedAt = this.#clock.monotonic();
    // Node emits this event after it has resolved the name, once for each address that it tries: only the last try is measured.
    socket.on('connectionAttempt', () => {
      startedAt = this.#clock.monotonic();
    });
    socket.once('connect', () => {
      // A connection to a proxy on this machine opens at once, whatever the distance to the server.
      if (!isLoopback(socket.remoteAddress)) this.#connectMs.set(socket, this.#clock.monotonic() - startedAt);
    });
  }
}

/** Checks for an address of this machine: 127.x.x.x, also in the form of IPv6 (`::ffff:127.x.x.x`), or `::1`. */
const isLoopback = (address = ''): boolean => /^(?:::ffff:)?127\.|^::1$/.test(address);
