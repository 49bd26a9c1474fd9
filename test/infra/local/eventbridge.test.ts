import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { expect, test } from 'vitest';
import { startEventBus } from '../../../infra/local/eventbridge.ts';

test('only a JSON object is accepted as the detail of an event', async () => {
  const delivered: unknown[] = [];
  const bus = await startEventBus({ name: 'bus', deliver: ({ detail }) => delivered.push(detail) });
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new EventBridgeClient({ endpoint: bus.endpoint, region: 'eu-west-1', credentials, maxAttempts: 1 });
  const Entries = ['{"a":1}', '[]', '"a"', 'null', '{'].map((Detail) => ({
    ...{ EventBusName: 'bus', Source: 'test', DetailType: 'Tested', Detail },
  }));

  const answer = await client.send(new PutEventsCommand({ Entries })).finally(bus.stop);

  const malformed = 'MalformedDetail';
  expect(answer.Entries?.map(({ ErrorCode }) => ErrorCode)).toEqual([undefined, ...Array(4).fill(malformed)]);
  expect(delivered).toEqual([{ a: 1 }]);
});
