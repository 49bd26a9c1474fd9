import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setInterval } from 'node:timers/promises';
import { boundPort } from '../../../infra/local/loopback.ts';
import type { Origins } from '../../../lib/aimharder/origins.ts';

export type Scripted = {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string;
  /** The answer is sent once this promise resolves. */
  readonly after?: Promise<void>;
  /** What the server does instead of answering. `drip` and `flood` repeat the body endlessly, slowly or fast. */
  readonly does?: 'reset' | 'close' | 'nothing' | 'half' | 'drip' | 'flood' | 'no-http' | 'switch';
};

export type Heard = {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
  /** The client's port: the same for two requests over one connection. */
  readonly port: number | undefined;
};

/** A 101 without a request for it. The connection stays open. */
export const SWITCHING_PROTOCOLS = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n';

/** Starts an AimHarder that gives the answers of a test's script, and records its requests. */
export async function scriptedUpstream() {
  let next: (heard: Heard) => Scripted = () => ({});
  const heard: Heard[] = [];
  const server = createServer(async (request, response) => {
    const one = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: await text(request),
      port: request.socket.remotePort,
    };
    heard.push(one);
    const { status = 200, headers = {}, body = '', does, after } = next(one);
    await after;
    if (does === 'switch') request.socket.write(SWITCHING_PROTOCOLS);
    else if (does === 'reset') request.socket.resetAndDestroy();
    else if (does === 'close') request.socket.end();
    else if (does === 'no-http') request.socket.end(body);
    else if (does !== 'nothing') {
      for (const [name, value] of Object.entries(headers))
        response.setHeader(name, typeof value === 'string' ? value : [...value]);
      if (does === 'half') response.setHeader('content-length', Buffer.byteLength(body) + 100);
      response.writeHead(status);
      if (does === 'drip' || does === 'flood') return keepSending(response, body, does);
      response.end(body);
      if (does === 'half') setImmediate(() => request.socket.destroy());
    }
  });
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const base = `http://127.0.0.1:${boundPort(server)}`;
  const origins: Origins = { origin: `${base}/www`, login: `${base}/login`, box: `${base}/gym/{box}` };
  return {
    origins,
    heard,
    answer(scripted: Scripted | ((heard: Heard) => Scripted)) {
      next = typeof scripted === 'function' ? scripted : () => scripted;
    },
    /** Sends a text over all open connections, without a request. */
    say(unasked: string) {
      for (const socket of sockets) socket.write(unasked);
    },
    /** Breaks all open connections. */
    hangUp: () => server.closeAllConnections(),
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function keepSending(response: ServerResponse, body: string, does: 'drip' | 'flood'): Promise<void> {
  for await (const _ of setInterval(does === 'drip' ? 5 : 1)) {
    if (response.closed || response.destroyed) return;
    response.write(body);
  }
}

export type ScriptedUpstream = Awaited<ReturnType<typeof scriptedUpstream>>;
