import { GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Clock, Instant } from '../../../lib/platform/clock.ts';
import type { Documents } from '../../../lib/platform/dynamodb.ts';
import { interceptedBy } from '../sessions/intercepted.ts';

/** Which requests a failing database fails, after the SDK's own tries, and how. */
export type DatabaseFault = {
  readonly of: 'reads' | 'writes' | 'everything';
  /** `is late`: the request is carried out after 2 s. `is carried out unanswered`: it is carried out, and its answer is lost. */
  readonly how: 'fails' | 'hangs' | 'is late' | 'is carried out unanswered';
  /** Instants of the clock. */
  readonly from: Instant;
  readonly until: Instant;
  readonly times?: number;
};

/** How long the SDK takes to give up a request that hangs, in milliseconds: three tries of a second each, and pauses. */
const SDK_GIVES_UP_AFTER = 3_500;

/** The delay of a late answer, in milliseconds. */
const LATE = 2_000;

const unhurried = new AbortController().signal;

/** Wraps an engine so that a test can make it fail. */
export function failingDatabase(engine: Documents, clock: Clock) {
  const faults: (DatabaseFault & { left: number })[] = [];
  const isRead = (command: unknown) => command instanceof GetCommand || command instanceof QueryCommand;
  const documents = interceptedBy(engine, async (command, pass) => {
    const now = clock.monotonic();
    const fault = faults.find(
      ({ of, from, until, left }) =>
        left > 0 && now >= from && now < until && (of === 'everything' || isRead(command) === (of === 'reads')),
    );
    if (!fault) return pass();
    fault.left -= 1;
    if (fault.how === 'is carried out unanswered') await pass().catch(() => undefined);
    if (fault.how === 'is late') {
      await clock.until(now + LATE, unhurried);
      return pass();
    }
    if (fault.how === 'hangs') await clock.until(now + SDK_GIVES_UP_AFTER, unhurried);
    throw new Error(`The database ${fault.how}.`);
  });
  return { documents, fail: (fault: DatabaseFault) => void faults.push({ ...fault, left: fault.times ?? Infinity }) };
}
