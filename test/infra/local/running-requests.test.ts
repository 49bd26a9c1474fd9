import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { startEngine } from '../../../infra/local/dynamodb.ts';
import { handOver } from '../../../infra/local/hand-over.ts';

const HEADERS = {
  host: '127.0.0.1',
  'content-type': 'application/x-amz-json-1.0',
  'x-amz-date': '20260101T000000Z',
  authorization:
    'AWS4-HMAC-SHA256 Credential=local/20260101/eu-west-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
};

const read = (action: string) => ({
  ...{ method: 'POST', url: '/', headers: { ...HEADERS, 'x-amz-target': `DynamoDB_20120810.${action}` } },
  body: Buffer.from(JSON.stringify({ TableName: 'sessions', Key: { email: { S: 'a' }, fingerprint: { S: 'b' } } })),
});

test('a request that runs when the engine is stopped is answered first; a later one is refused', async () => {
  const { server, stop } = await startEngine();
  const running = handOver(server, read('GetItem'));
  const stopped = stop();
  const late = handOver(server, read('GetItem'));

  // There is no such table.
  expect(await running).toMatchObject({ status: 400, body: expect.stringContaining('ResourceNotFoundException') });
  expect((await late).status).toBe(503);
  await stopped;
});

test('a client that has gone away while it sent keeps no engine from its end', async () => {
  const { server, endpoint, stop } = await startEngine();
  const begun = once(server, 'request');
  const client = connect(Number(new URL(endpoint).port), '127.0.0.1');
  const headers = Object.entries({ ...read('GetItem').headers, 'content-length': '1000' });
  client.write(`POST / HTTP/1.1\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n{`);
  await begun;
  client.destroy();

  await stop();
});
