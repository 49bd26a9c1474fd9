import { createServer } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { startDatabase } from '../../../infra/local/dynamodb.ts';
import { listenOnLoopback } from '../../../infra/local/loopback.ts';

/** What a server announces of its idle connections. A connection that is kept for Node's 5 s may be closed while a request is on its way. */
const announcedBy = async (url: string) => (await fetch(url)).headers.get('keep-alive');

test('the servers of this machine keep idle connections for minutes', async () => {
  const { url, stop } = await listenOnLoopback(createServer((_request, response) => response.end()));
  onTestFinished(stop);

  expect(await announcedBy(url)).toBe('timeout=600');
});

test('and so does the database', async () => {
  const { endpoint, stop } = await startDatabase({});
  onTestFinished(stop);

  expect(await announcedBy(endpoint)).toBe('timeout=600');
});
