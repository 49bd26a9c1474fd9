import * as z from 'zod/mini';
import type { StartFunction } from '../platform/start-function.ts';
import type { Claim } from './slot-parts.ts';

const position = z.int().check(z.minimum(0));

/** The event of a worker: the part that it refreshes. The event of a minute's run has a `scheduledTime` instead. */
const WorkerEvent = z.object({
  part: z.object({ minute: z.int(), first: position, last: position, id: z.string() }),
});

/** Creates a function that starts workers. @param start starts `refresh-tokens`, which is also the worker. */
export const workerStarter = (start: StartFunction) => (claim: Claim) => start(toWorkerEvent(claim));

const toWorkerEvent = ({ minute, part, id }: Claim): z.infer<typeof WorkerEvent> => ({ part: { minute, ...part, id } });

/** Decodes the event of a worker. @returns the claim that it is to refresh; undefined if the event starts the run of a minute. */
export function decodeWorkerEvent(event: unknown): Claim | undefined {
  const decoded = WorkerEvent.safeParse(event);
  if (!decoded.success) return undefined;
  const { minute, first, last, id } = decoded.data.part;
  return { minute, part: { first, last }, id };
}
