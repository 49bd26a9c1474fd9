import type { MovableClock } from '../../../infra/local/movable-clock.ts';
import type { startStack } from '../../../infra/local/stack.ts';
import type { Simulator } from '../../../infra/simulator/control.ts';
import type { Documents } from '../../../lib/platform/dynamodb.ts';
import type { ApiClient } from './api-client.ts';
import type { Journal } from './journal.ts';

/** What the helpers of a story's world share. */
export type StoryParts = {
  readonly api: ApiClient;
  readonly simulator: Simulator;
  readonly stack: Awaited<ReturnType<typeof startStack>>;
  readonly clock: MovableClock;
  readonly documents: Documents;
  readonly journal: Journal;
};
