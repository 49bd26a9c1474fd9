import type { RequestListener } from 'node:http';
import { SECOND } from '../../lib/platform/clock.ts';

/** The longest time that a stop waits for the running requests, in milliseconds. */
const MAX_WAIT = 5 * SECOND;

/**
 * Wraps the local engine so that it can be stopped while no request runs. If dynalite's store is closed while a request runs,
 * dynalite throws an error that would end the process.
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
      const sendAnswer = response.end.bind(response);
      let hasEnded = false;
      const endOnce = () => {
        if (!hasEnded) end();
        hasEnded = true;
      };
      // Dynalite calls `end` even if the client has disconnected meanwhile, but not if the request never arrived completely.
      Object.assign(response, {
        end: (text?: string) => {
          endOnce();
          return sendAnswer(text);
        },
      });
      handle(request, response);
      request.once('error', endOnce);
    }) satisfies RequestListener,
    /** Refuses further requests, and waits until the running ones have ended. */
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
