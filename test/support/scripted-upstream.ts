import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { portOf } from '../../infra/local/database.ts';
import type { Origins } from '../../lib/aimharder/origins.ts';

export type Scripted = {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string;
  /** Instead of an answer. */
  readonly does?: 'reset' | 'nothing' | 'half';
};

export type Heard = {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
};

/** An AimHarder that answers what a test tells it to, and remembers what it was asked. */
export async function scriptedUpstream() {
  let next: (heard: Heard) => Scripted = () => ({});
  const heard: Heard[] = [];
  const server = createServer(async (request, response) => {
    const one = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: await text(request),
    };
    heard.push(one);
    const { status = 200, headers = {}, body = '', does } = next(one);
    if (does === 'reset') request.socket.resetAndDestroy();
    else if (does !== 'nothing') {
      for (const [name, value] of Object.entries(headers))
        response.setHeader(name, typeof value === 'string' ? value : [...value]);
      if (does === 'half') response.setHeader('content-length', Buffer.byteLength(body) + 100);
      response.writeHead(status);
      response.end(body);
      if (does === 'half') setImmediate(() => request.socket.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const base = `http://127.0.0.1:${portOf(server)}`;
  const origins: Origins = { origin: `${base}/www`, login: `${base}/login`, box: `${base}/gym/{box}` };
  return {
    origins,
    heard,
    answer(scripted: Scripted | ((heard: Heard) => Scripted)) {
      next = typeof scripted === 'function' ? scripted : () => scripted;
    },
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

export type ScriptedUpstream = Awaited<ReturnType<typeof scriptedUpstream>>;
