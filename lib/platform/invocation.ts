import { inRequest } from './logger.ts';

/** What this process does at the end of every invocation. */
const atEnd: (() => void)[] = [];

/**
 * Registers what is done at the end of every invocation, a failed one too. Lambda freezes a function between two
 * invocations: it does not notice that a server closes a connection meanwhile, and would send the next request into it.
 */
export function atInvocationEnd(action: () => void): void {
  atEnd.push(action);
}

/** Wraps a handler so that its log lines name its invocation, and that what was registered is done when it ends. */
export const invocation = <Event, Context extends { readonly awsRequestId: string }, Result>(
  handle: (event: Event, context: Context) => Promise<Result>,
) =>
  inRequest(async (event: Event, context: Context): Promise<Result> => {
    try {
      return await handle(event, context);
    } finally {
      for (const end of atEnd) end();
    }
  });
