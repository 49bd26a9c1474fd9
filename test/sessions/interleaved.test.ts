import fc from 'fast-check';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { Documents } from '../../lib/platform/dynamodb.ts';
import { empty, startDynamo } from '../support/platform/dynamo.ts';
import { alone, assertProperty } from '../support/property.ts';
import { type Act, storyOf } from '../support/sessions/actions.ts';
import { playStory } from '../support/sessions/interleaved-run.ts';
import { REMOVALS } from '../support/sessions/removals.ts';
import { without } from '../support/sessions/without-condition.ts';
import { shareOf } from '../support/share.ts';

/**
 * How many stories are searched if the recorded one no longer shows its removal: few, so that the test fails soon. The rarest
 * removals show in one story of 100 to 200; a search of 1,500 stories hardly misses them.
 */
const SEARCH = Number(process.env['SEARCH'] ?? 60);

let database: Awaited<ReturnType<typeof startDynamo>>;
beforeAll(async () => {
  database = await startDynamo();
});
afterAll(() => database.stop());

const property = (documents: () => Documents, acts?: readonly Act['act'][]) =>
  fc
    .asyncProperty(storyOf(acts), (one) => playStory(documents(), one))
    .beforeEach(() => empty(database.documents, { sessions: ['email', 'fingerprint'], credentials: ['email'] }));

test('the invariants of sessions hold however requests and answers are interleaved', () =>
  assertProperty(
    property(() => database.documents),
    {
      numRuns: 100,
      // A run that claimed its minute half an hour ago goes on beside the run that took the minute over.
      // Both runs of a minute die, the second after it has taken the minute over.
      failedOnce: [
        { seed: 1040780520, path: '94:0:0:1:2:0:0:1:0:0:0:0:2:1:0:0:0:5:0:0:0:0:0' },
        { seed: 933711031, path: '7:3:7:7:7:7:7:8:18:20:11:16:12:15:14:13:13:14:13:13:13:13:15:16:15:15:15:15' },
      ],
    },
  ));

test.each(shareOf(REMOVALS))('an invariant breaks if %s', async (name, request, clause, acts, shownBy) => {
  const intact = property(() => database.documents, acts);
  const broken = property(() => without(database.documents, request, clause), acts);
  const isShown = (await fc.check(broken, alone(shownBy))).failed;

  if (!isShown) expect.fail(await howToRecord(name, broken));
  expect((await fc.check(intact, alone(shownBy))).failed).toBe(false);
});

/** Searches another story that shows a removal. @returns what to do about the recorded story, which no longer shows it. */
async function howToRecord(name: string, broken: ReturnType<typeof property>): Promise<string> {
  const search = { numRuns: SEARCH, seed: inject('seed'), endOnFailure: true };
  const { failed, seed, counterexamplePath } = await fc.check(broken, search);
  const stale = `The story that is recorded for '${name}' in test/support/sessions/removals.ts breaks no invariant any more.`;
  if (failed) return `${stale} Record { seed: ${seed}, path: '${counterexamplePath}' } in its place.`;
  return `${stale} Nor do ${SEARCH} fresh ones. Either the removal matches no write now, or the stories no longer lead there
(does AimHarder in story-upstream.ts answer all that the code asks?), or they seldom do. For a longer search:
SEARCH=1500 npx vitest run test/sessions/interleaved.test.ts --testTimeout 0 -t '${name}'`;
}
