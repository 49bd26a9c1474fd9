import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterEach, expect, test, vi } from 'vitest';
import { createDocuments } from '../../lib/platform/dynamodb.ts';
import { scriptedUpstream } from '../support/aimharder/scripted-upstream.ts';

afterEach(() => vi.unstubAllEnvs());

test('a request that the database does not answer is retried, and then fails', async ({ onTestFinished }) => {
  const { origins, heard, answer, stop } = await scriptedUpstream();
  onTestFinished(stop);
  answer({ does: 'nothing' });
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', origins.origin);
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');

  const asked = createDocuments(50).send(new GetCommand({ TableName: 'sessions', Key: { email: 'ada@example.com' } }));

  await expect(asked).rejects.toMatchObject({ name: 'TimeoutError' });
  expect(heard.length).toBeGreaterThan(1);
});
