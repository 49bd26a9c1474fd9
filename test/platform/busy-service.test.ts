import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { toProblem } from '../../lib/http/problem.ts';
import { isBusyService } from '../../lib/platform/busy-service.ts';
import type { Documents } from '../../lib/platform/dynamodb.ts';
import { documentsAt, startDynamo } from '../support/platform/dynamo.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());

const failureOf = (documents: Documents, TableName: string) =>
  documents.send(new GetCommand({ TableName, Key: { box: 'a' } })).then(
    () => undefined,
    (error: unknown) => error,
  );

test('a database that does not answer is too busy: the client is told to come back', async ({ onTestFinished }) => {
  // Port 1 refuses every connection.
  const documents = documentsAt('http://127.0.0.1:1');
  onTestFinished(() => documents.destroy());

  const error = await failureOf(documents, 'boxes');

  expect(isBusyService(error)).toBe(true);
  expect(toProblem(error, 'r')).toMatchObject({ status: 503, code: 'unavailable' });
});

test.each([
  ['ThrottlingException', 400],
  ['ProvisionedThroughputExceededException', 400],
  ['InternalServerError', 500],
  ['TooManyRequestsException', 429],
])('%s (%i) means too busy', (name, httpStatusCode) => {
  expect(isBusyService(Object.assign(new Error('busy'), { name, $metadata: { httpStatusCode } }))).toBe(true);
});

test('a request that is wrong is our fault, not the database’s', async () => {
  const error = await failureOf(dynamo.documents, 'no-such-table');

  expect(isBusyService(error)).toBe(false);
  expect(toProblem(error, 'r')).toMatchObject({ status: 500, code: 'internal' });
  expect(isBusyService(new TypeError('a bug'))).toBe(false);
});
