import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

type Waiting = { readonly isQuery: boolean; readonly start: () => void };

/**
 * Keeps queries and writes of the local engine apart: queries run beside each other, and so do writes, but no query runs
 * beside a write. dynalite reads the keys of an index first and the items after that, and an item that is deleted in
 * between ends the process with an uncaught error.
 */
export function keepQueriesFromWrites(handle: RequestListener): RequestListener {
  const waiting: Waiting[] = [];
  let running = 0;
  let areQueries = false;

  function startNext(): void {
    for (;;) {
      const [next] = waiting;
      if (!next || (running > 0 && next.isQuery !== areQueries)) return;
      waiting.shift();
      running += 1;
      areQueries = next.isQuery;
      next.start();
    }
  }

  return (request: IncomingMessage, response: ServerResponse) => {
    const end = () => {
      response.off('finish', end).off('close', end);
      running -= 1;
      startNext();
    };
    const start = () => {
      response.on('finish', end).on('close', end);
      // The client has given up while its request waited.
      if (response.destroyed) end();
      else handle(request, response);
    };
    waiting.push({ isQuery: /\.(?:Query|Scan)$/.test(String(request.headers['x-amz-target'])), start });
    startNext();
  };
}
