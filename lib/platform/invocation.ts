import { withInvocationId } from './logger.ts';

/** The actions at the end of every invocation of this process. */
const endActions: (() => void)[] = [];

/**
 * Registers an action for the end of every invocation, failed ones included. Use it to close connections: Lambda freezes a
 * function between two invocations, and a frozen function does not notice that a server closes a connection.
 */
export function atInvocationEnd(action: () => void): void {
  endActions.push(action);
}

/** Wraps a handler: its log lines name the invocation, and the registered actions run when it ends. */
export const wrapInvocation = <Event, Context extends { readonly awsRequestId: string }, Result>(
  handle: (event: Event, context: Context) => Promise<Result>,
) =>
  withInvocationId(async (event: Event, context: Context): Promise<Result> => {
    try {
      return await handle(event, context);
    } finally {
      for (const action of endActions) action();
    }
  });
