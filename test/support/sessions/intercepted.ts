import type { Documents } from '../../../lib/platform/dynamodb.ts';

/** Wraps an engine: each request passes through `intercept`, which may send another command in its place. */
export function interceptedBy(
  engine: Documents,
  intercept: (command: unknown, pass: (instead?: unknown) => Promise<unknown>) => Promise<unknown>,
): Documents {
  const send = ((command: unknown) =>
    intercept(command, (instead = command) => engine.send(instead as never))) as Documents['send'];
  return new Proxy(engine, { get: (target, name) => (name === 'send' ? send : Reflect.get(target, name)) });
}
