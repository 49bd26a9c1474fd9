import { EventEmitter } from 'node:events';
import type { OutgoingHttpHeaders, Server } from 'node:http';
import { Readable } from 'node:stream';

export type HandedRequest = {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
};
export type HandedAnswer = { readonly status: number; readonly headers: OutgoingHttpHeaders; readonly body: string };

/**
 * Gives a request to a server of this process without a connection: a connection would take more time than most answers. The
 * server's listeners get objects that have only the parts of a request and a response that dynalite uses.
 */
export function handOver(server: Server, { body, ...head }: HandedRequest): Promise<HandedAnswer> {
  return new Promise((resolve) => {
    const headers: OutgoingHttpHeaders = {};
    const response = Object.assign(new EventEmitter(), {
      statusCode: 200,
      destroyed: false,
      setHeader(name: string, value: string | number) {
        headers[name] = value;
      },
      end(text = '') {
        resolve({ status: response.statusCode, headers, body: text });
        response.emit('finish');
      },
    });
    server.emit('request', Object.assign(Readable.from([body]), head), response);
  });
}
