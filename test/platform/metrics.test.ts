import { expect, test } from 'vitest';
import { embeddedMetrics } from '../../lib/platform/metrics.ts';

function measured(...args: Parameters<ReturnType<typeof embeddedMetrics>>): readonly unknown[] {
  const lines: string[] = [];
  embeddedMetrics({ now: () => 1_774_639_800_000.4 }, (line) => lines.push(line))(...args);
  return lines.map((line) => JSON.parse(line));
}

test('metrics are one line of CloudWatch’s embedded metric format', () => {
  expect(measured({ LatenessMs: 12.3, PrebookingFinished: 1 }, 'booked')).toEqual([
    {
      _aws: {
        Timestamp: 1_774_639_800_000,
        CloudWatchMetrics: [
          {
            Namespace: 'OnTheDot',
            Dimensions: [['service'], ['service', 'outcome']],
            Metrics: [
              { Name: 'LatenessMs', Unit: 'Milliseconds' },
              { Name: 'PrebookingFinished', Unit: 'Count' },
            ],
          },
        ],
      },
      service: 'on-the-dot',
      outcome: 'booked',
      LatenessMs: 12.3,
      PrebookingFinished: 1,
    },
  ]);
});

test('without an outcome there is no such dimension, and nothing measured is no line', () => {
  expect(measured({ SessionsRefreshed: 3 })).toMatchObject([
    { _aws: { CloudWatchMetrics: [{ Dimensions: [['service']] }] }, SessionsRefreshed: 3 },
  ]);
  expect(measured({})).toEqual([]);
});
