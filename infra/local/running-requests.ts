import type { RequestListener } from 'node:http';
import { SECOND } from '../../lib/platform/clock.ts';

/** How long a stop waits for the running requests to end, in milliseconds. */
const MAX_WAIT = 5 * SECOND;

/**
 * Wraps the local engine so that it can be stopped between two requests. Dynalite throws the error of a request whose store is closed
 * before the request has ended, which would end the process.
 */
export function endBeforeStop(handle: RequestListener) {
  let running = 0;
  let isStopping = false;
  let onIdle = () => {};
  const end = () => {
    running -= 1;
    if (running === 0) onIdle();
  };
  return {
    handle: ((request, response) => {
      if (isStopping) {
        response.statusCode = 503;
        response.end();
        return;
      }
      running += 1;
      const answer = response.end.bind(response);
      let hasEnded = false;
      const endOnce = () => {
        if (!hasEnded) end();
        hasEnded = true;
      };
      // Dynalite ends the answer also if the client has gone away meanwhile, but not if the request was never complete.
      Object.assign(response, {
        end: (text?: string) => {
          endOnce();
          return answer(text);
        },
      });
      handle(request, response);
      request.once('error', endOnce);
    }) satisfies RequestListener,
    /** Refuses further requests, and waits until those that run have ended. */
    stop: async (): Promise<void> => {
      isStopping = true;
      if (running === 0) return;
      await new Promise<void>((resolve) => {
        onIdle = resolve;
        setTimeout(resolve, MAX_WAIT).unref();
      });
    },
  };
}
