import { expect, test } from 'vitest';
import { jsonLogger, withInvocationId } from '../../lib/platform/logger.ts';

function logged() {
  const lines: string[] = [];
  return { lines, logger: jsonLogger({ now: () => 1_774_639_800_000.4 }, (line) => lines.push(line)) };
}

test('an event is one line of JSON with its level, and with the timestamp that Lambda needs to read the level', () => {
  const { lines, logger } = logged();

  logger.warn('prebooking-recovered', { prebooking: 'a1', order: 7 });

  expect(lines).toEqual([
    '{"timestamp":"2026-03-27T19:30:00.000Z","level":"WARN","event":"prebooking-recovered","prebooking":"a1","order":7}\n',
  ]);
});

test('an error is logged with its cause, and a thrown value that is no error with its type', () => {
  const { lines, logger } = logged();

  logger.error('unexpected-error', new RangeError('too far', { cause: new Error('no bridge') }), { during: 'a walk' });
  logger.error('unexpected-error', 'secret');

  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: 'ERROR', during: 'a walk', error: 'RangeError', message: 'too far', cause: 'Error: no bridge' },
    { level: 'ERROR', error: 'string' },
  ]);
  expect(lines.join()).not.toContain('secret');
});

test('every line names its invocation, also when several run at a time', async () => {
  const { lines, logger } = logged();
  const handler = withInvocationId(async (event: number) => {
    logger.info('answered', { status: event });
    await new Promise((resolve) => setTimeout(resolve, event));
    logger.info('answered', { status: event });
  });

  await Promise.all([handler(20, { awsRequestId: 'slow' }), handler(10, { awsRequestId: 'quick' })]);

  expect(lines.map((line) => JSON.parse(line)).map(({ requestId, status }) => [requestId, status])).toEqual([
    ['slow', 20],
    ['quick', 10],
    ['quick', 10],
    ['slow', 20],
  ]);
});
