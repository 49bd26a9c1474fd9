import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

/** A request that has not started yet. @property isQuery whether it is a query or a scan. */
type WaitingRequest = { readonly isQuery: boolean; readonly start: () => void };

/**
 * Wraps the local engine, dynalite, so that no query or scan runs at the same time as any other request, which may be a write.
 * Several queries and scans may run at the same time, and so may several other requests. Requests start in the order of their
 * arrival. The reason: a query of dynalite first reads the keys from an index, and then the items. If an item were deleted in
 * between, an uncaught error would end the process.
 */
export function keepQueriesFromWrites(handle: RequestListener): RequestListener {
  const waiting: WaitingRequest[] = [];
  let running = 0;
  let areRunningQueries = false;

  function startNext(): void {
    for (;;) {
      const [next] = waiting;
      if (!next || (running > 0 && next.isQuery !== areRunningQueries)) return;
      waiting.shift();
      running += 1;
      areRunningQueries = next.isQuery;
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
