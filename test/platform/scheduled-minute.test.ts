import { expect, test, vi } from 'vitest';
import { logger } from '../../lib/platform/logger.ts';
import { scheduledMinute } from '../../lib/platform/scheduled-minute.ts';

const NOON = Date.UTC(2026, 2, 20, 12);
const MINUTE_OF_NOON = NOON / 60_000;
const clock = { now: () => NOON + 59_999 };

test('the minute is the schedule’s own, however late the function starts', () => {
  expect(scheduledMinute({ scheduledTime: '2026-03-20T11:58:00Z' }, clock)).toBe(MINUTE_OF_NOON - 2);
});

test.each([
  ['an empty event', {}],
  ['the event of the console’s Test button', { key1: 'value1', key2: 'value2', key3: 'value3' }],
  ['no event', null],
  ['a placeholder that the scheduler left unfilled', { scheduledTime: '<aws.scheduler.scheduled-time>' }],
  ['an empty time', { scheduledTime: '' }],
  ['a time that is no text', { scheduledTime: 1_774_008_000 }],
])('%s means the clock’s minute, and a warning', (_name, event) => {
  const warn = vi.spyOn(logger, 'warn').mockReturnValue(undefined);

  expect(scheduledMinute(event, clock)).toBe(MINUTE_OF_NOON);

  expect(warn.mock.calls).toEqual([['scheduled-time-missing']]);
  warn.mockRestore();
});
