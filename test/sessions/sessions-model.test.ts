import fc from 'fast-check';
import { afterAll, beforeAll, test } from 'vitest';
import { startDynamo } from '../support/platform/dynamo.ts';
import { assertProperty } from '../support/property.ts';
import { history } from '../support/sessions/session-history.ts';
import { play } from '../support/sessions/sessions-model.ts';

let database: Awaited<ReturnType<typeof startDynamo>>;
beforeAll(async () => {
  database = await startDynamo();
});
afterAll(() => database.stop());

test('the stored sessions equal the model’s, in any order of steps', async () => {
  await assertProperty(
    fc.asyncProperty(history, (steps) => play(database.documents, steps)),
    { numRuns: 60 },
  );
});
