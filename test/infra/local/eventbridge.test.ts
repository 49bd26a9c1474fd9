import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { expect, test } from 'vitest';
import { startEventBus } from '../../../infra/local/eventbridge.ts';

const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };

test('an event that cannot be stored is refused, and the others are accepted', async () => {
  const delivered: unknown[] = [];
  const deliver = ({ detail }: { detail: unknown }) => {
    if (delivered.length === 1) throw new Error('The disk is full.');
    delivered.push(detail);
  };
  const bus = await startEventBus({ name: 'bus', deliver });
  const client = new EventBridgeClient({ endpoint: bus.endpoint, region: 'eu-west-1', credentials, maxAttempts: 1 });
  const entry = { EventBusName: 'bus', Source: 'test', DetailType: 'Tested' };
  const Entries = ['{"a":1}', '{"a":2}'].map((Detail) => ({ ...entry, Detail }));

  const answer = await client.send(new PutEventsCommand({ Entries })).finally(bus.stop);

  expect(answer.FailedEntryCount).toBe(1);
  expect(answer.Entries?.map(({ ErrorCode }) => ErrorCode)).toEqual([undefined, 'InternalFailure']);
  expect(delivered).toEqual([{ a: 1 }]);
});

test('only a JSON object is accepted as the detail of an event', async () => {
  const delivered: unknown[] = [];
  const bus = await startEventBus({ name: 'bus', deliver: ({ detail }) => delivered.push(detail) });
  const client = new EventBridgeClient({ endpoint: bus.endpoint, region: 'eu-west-1', credentials, maxAttempts: 1 });
  const Entries = ['{"a":1}', '[]', '"a"', 'null', '{'].map((Detail) => ({
    ...{ EventBusName: 'bus', Source: 'test', DetailType: 'Tested', Detail },
  }));

  const answer = await client.send(new PutEventsCommand({ Entries })).finally(bus.stop);

  const malformed = 'MalformedDetail';
  expect(answer.Entries?.map(({ ErrorCode }) => ErrorCode)).toEqual([undefined, ...Array(4).fill(malformed)]);
  expect(delivered).toEqual([{ a: 1 }]);
});
