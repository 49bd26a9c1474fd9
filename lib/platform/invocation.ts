import { inInvocation } from './logger.ts';

/** The actions at the end of every invocation of this process. */
const endActions: (() => void)[] = [];

/**
 * Registers an action for the end of every invocation, failed ones included. Lambda freezes a function between two
 * invocations. The function would not notice that a server closes a connection then, and would send its next request over it.
 */
export function atInvocationEnd(action: () => void): void {
  endActions.push(action);
}

/** Wraps a handler so that its log lines name the invocation, and that the registered actions run when it ends. */
export const invocation = <Event, Context extends { readonly awsRequestId: string }, Result>(
  handle: (event: Event, context: Context) => Promise<Result>,
) =>
  inInvocation(async (event: Event, context: Context): Promise<Result> => {
    try {
      return await handle(event, context);
    } finally {
      for (const action of endActions) action();
    }
  });
