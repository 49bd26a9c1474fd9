import type { RequestListener } from 'node:http';
import { SECOND } from '../../lib/platform/clock.ts';

/** The longest time that a stop waits for the running requests, in milliseconds. */
const MAX_WAIT = 5 * SECOND;

/**
 * Counts the running requests of the local engine, so that the engine is stopped only when no request runs. If dynalite's store
 * is closed while a request runs, dynalite throws an error that would end the process.
 *
 * @param handle the engine's own request listener.
 * @returns the listener that counts, and a function to call before the engine is stopped.
 */
export function countRunningRequests(handle: RequestListener) {
  let running = 0;
  let isStopping = false;
  let onIdle = () => {};
  const completeOne = () => {
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
      let isComplete = false;
      const completeOnce = () => {
        if (!isComplete) completeOne();
        isComplete = true;
      };
      // Dynalite calls `end` even if the client has disconnected meanwhile. Only if the request never arrives completely, the
      // event `error` comes instead.
      Object.assign(response, {
        end: (text?: string) => {
          completeOnce();
          return sendAnswer(text);
        },
      });
      handle(request, response);
      request.once('error', completeOnce);
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
