import { inject } from 'vitest';
import type { Setting } from '../../../infra/catalog/function-definition.ts';
import { createMovableClock } from '../../../infra/local/movable-clock.ts';
import { startStack } from '../../../infra/local/stack.ts';
import { type SimulatorOptions, startSimulator } from '../../../infra/simulator/simulator.ts';
import { MINUTE } from '../../../lib/platform/clock.ts';
import { toIso } from '../../../lib/platform/dynamodb.ts';
import type { MetricName } from '../../../lib/platform/metric-names.ts';
import { parseKeys } from '../../../lib/platform/secrets.ts';
import { documentsAt } from '../platform/dynamo.ts';
import { apiClient } from './api-client.ts';
import { journal } from './journal.ts';
import { type OwnEngine, ownEngine } from './own-engine.ts';
import { storyClasses } from './story-classes.ts';
import { type Member, storyMembers } from './story-members.ts';
import type { StoryParts } from './story-parts.ts';
import { prebookingEnds, storedPrebookings } from './story-prebookings.ts';

export type { Member };

export type World = Awaited<ReturnType<typeof startWorld>>;

const SALT = 'salt-of-the-story-tests';

const SECRETS = {
  keys: JSON.stringify({ current: 'k1', k1: 'key-of-the-story-tests'.padEnd(43, '.') }),
  salt: JSON.stringify({ fingerprintSalt: SALT }),
  push: JSON.stringify({ vapidKey: 'v'.repeat(43) }),
};

/** How far ahead a class opens by default, in milliseconds. Tokens are still fresh then (15 min). */
export const AHEAD = 6 * MINUTE;

/** The first minute of the wheel. The stories' minutes follow it. */
const FIRST_MINUTE = Date.UTC(2020, 0, 1);

async function startParts(
  simulatorOptions: SimulatorOptions,
  settings: Partial<Record<Setting, string>>,
  engine: OwnEngine | undefined,
  bundles: string,
): Promise<StoryParts> {
  const log = journal();
  const clock = createMovableClock();
  const simulator = await startSimulator({ seed: 1, clock, ...simulatorOptions });
  const stack = await startStack({
    ...(engine && { dynamodbEndpoint: engine.endpoint }),
    bundles,
    origins: simulator.origins,
    secrets: SECRETS,
    settings,
    clock,
    startsRecurring: false,
    maxLatenessMs: 0,
    log: log.write,
  });
  const documents = documentsAt(stack.endpoints.dynamodb);
  return { api: apiClient(stack.url), simulator, stack, clock, documents, journal: log };
}

/** Runs refreshes by hand, because stories start the stack without its recurring functions. */
function wheel({ stack }: StoryParts) {
  let minute = FIRST_MINUTE;
  const refreshTokens = () => stack.invoke('refresh-tokens', { scheduledTime: toIso(minute) });
  return {
    /** Refreshes every session that is not reserved, by a run of the wheel that catches up on all eight slots. */
    async turnTheWheel() {
      // The first run only sets the minute after which the next run begins.
      if (minute === FIRST_MINUTE) await refreshTokens();
      minute += 8 * MINUTE;
      return refreshTokens();
    },
  };
}

/**
 * Starts the whole service on loopback, with a simulator: the deployed bundles, real HTTP, a real database engine.
 *
 * @param startEngine starts another engine than the local stack's own; the world stops it.
 * @param bundles the folder of the bundles; by default the one that all stories share.
 */
export async function startWorld(
  simulatorOptions: SimulatorOptions = {},
  settings: Partial<Record<Setting, string>> = {},
  startEngine: () => Promise<OwnEngine | undefined> = ownEngine,
  bundles: string = inject('bundles'),
) {
  const engine = await startEngine();
  const parts = await startParts(simulatorOptions, settings, engine, bundles);
  const { api, simulator, stack, clock, documents } = parts;
  const { lines, logged } = parts.journal;
  const members = storyMembers(parts);
  return {
    ...{ api, simulator, stack, clock, documents, lines, logged },
    ...{ salt: SALT, keys: parseKeys(SECRETS.keys, 'keys') },
    ...members,
    ...storyClasses(parts),
    ...storedPrebookings(parts),
    ...prebookingEnds(parts, members),
    ...wheel(parts),
    /** Lists the values of a metric, in order. */
    measured: (name: MetricName): readonly number[] =>
      lines
        .filter((line) => line.startsWith('{"_aws"'))
        .map((line) => JSON.parse(line)[name])
        .filter((value) => value !== undefined),
    /** Moves every clock to shortly before an opening, once no function runs. */
    skipTo: (opensAt: string, beforeMs = 3_000) => stack.skipTo(Date.parse(opensAt) - beforeMs),
    async stop() {
      await stack.stop();
      engine?.stop();
      await simulator.stop();
    },
  };
}
