import { inInvocation } from './logger.ts';

/** The actions at the end of every invocation of this process. */
const endActions: (() => void)[] = [];

/**
 * Registers an action for the end of every invocation, failed ones included. Use it to close connections: Lambda freezes a
 * function between two invocations, so that the function would not notice when a server closes one.
 */
export function atInvocationEnd(action: () => void): void {
  endActions.push(action);
}

/** Wraps a handler: its log lines name the invocation, and the registered actions run when it ends. */
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
