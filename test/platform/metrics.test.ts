import { expect, test } from 'vitest';
import { embeddedMetrics } from '../../lib/platform/metrics.ts';

function measured(...args: Parameters<ReturnType<typeof embeddedMetrics>>): readonly unknown[] {
  const lines: string[] = [];
  embeddedMetrics('on-the-dot-test', { now: () => 1_774_639_800_000.4 }, (line) => lines.push(line))(...args);
  return lines.map((line) => JSON.parse(line));
}

test('metrics are one line of CloudWatch’s embedded metric format; only PrebookingFinished has the dimension outcome', () => {
  expect(measured({ LatenessMs: 12.3, Shots: 1, PrebookingFinished: 1 }, 'booked')).toEqual([
    {
      _aws: {
        Timestamp: 1_774_639_800_000,
        CloudWatchMetrics: [
          {
            Namespace: 'OnTheDot',
            Dimensions: [['service']],
            Metrics: [
              { Name: 'LatenessMs', Unit: 'Milliseconds' },
              { Name: 'Shots', Unit: 'Count' },
            ],
          },
          {
            Namespace: 'OnTheDot',
            Dimensions: [['service', 'outcome']],
            Metrics: [{ Name: 'PrebookingFinished', Unit: 'Count' }],
          },
        ],
      },
      service: 'on-the-dot-test',
      outcome: 'booked',
      LatenessMs: 12.3,
      Shots: 1,
      PrebookingFinished: 1,
    },
  ]);
});

test('without an outcome there is no such dimension, and without a metric there is no line', () => {
  const [line] = measured({ SessionsRefreshed: 3 });

  expect(line).toMatchObject({
    _aws: { CloudWatchMetrics: [{ Dimensions: [['service']], Metrics: [{ Name: 'SessionsRefreshed' }] }] },
    SessionsRefreshed: 3,
  });
  expect(line).not.toHaveProperty('outcome');
  expect(measured({})).toEqual([]);
});
