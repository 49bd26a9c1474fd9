import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

type WaitingRequest = { readonly isQuery: boolean; readonly start: () => void };

/**
 * Wraps the local engine so that no query or scan runs at the same time as any other request, which may be a write. Several
 * queries may run at the same time, and so may several other requests. Requests start in the order of their arrival. The reason: dynalite's query reads the keys from an index first
 * and the items later. If an item were deleted in between, an uncaught error would end the process.
 */
export function keepQueriesFromWrites(handle: RequestListener): RequestListener {
  const waiting: WaitingRequest[] = [];
  let running = 0;
  let runningAreQueries = false;

  function startNext(): void {
    for (;;) {
      const [next] = waiting;
      if (!next || (running > 0 && next.isQuery !== runningAreQueries)) return;
      waiting.shift();
      running += 1;
      runningAreQueries = next.isQuery;
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
      // The client may have closed the connection while its request waited.
      if (response.destroyed) end();
      else handle(request, response);
    };
    waiting.push({ isQuery: /\.(?:Query|Scan)$/.test(String(request.headers['x-amz-target'])), start });
    startNext();
  };
}
