import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { createEventRule } from '../../../infra/local/event-rule.ts';
import type { InvocationResult } from '../../../infra/local/lambda-runner.ts';
import { createMovableClock } from '../../../infra/local/movable-clock.ts';
import { MINUTE } from '../../../lib/platform/clock.ts';

const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) cleanUp();
});

const clock = createMovableClock();
const DONE: InvocationResult = { payload: null };
const FAILED: InvocationResult = { payload: null, functionError: 'Unhandled' };
const event = { id: '1', source: 'on-the-dot', detailType: 'Booked', detail: { eventId: 'e' } };

function eventsFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'events-'));
  cleanUps.push(() => rmSync(folder, { recursive: true }));
  return join(folder, 'events.sqlite');
}

/** Creates a rule whose function does what `answer` says. */
function startRule(path: string, answer: () => Promise<InvocationResult>) {
  const received: unknown[] = [];
  const rule = createEventRule({
    path,
    clock,
    invoke(_name, envelope) {
      received.push(envelope);
      return answer();
    },
  });
  return { rule, received };
}

test('an event whose function had not ended when the process did is delivered again, and once only', async () => {
  const path = eventsFile();
  const first = startRule(path, () => new Promise(() => undefined));
  const envelope = first.rule.deliver(event);
  first.rule.stop();

  const second = startRule(path, async () => DONE);
  second.rule.startDue();
  second.rule.startDue();
  await second.rule.waitUntilIdle();
  second.rule.stop();
  expect(second.received).toEqual([envelope]);

  const third = startRule(path, async () => DONE);
  third.rule.startDue();
  third.rule.stop();
  expect(third.received).toEqual([]);
});

test('a function that fails gets the event three times, with a minute and two between', async () => {
  const { rule, received } = startRule(eventsFile(), async () => FAILED);
  clock.stop();
  cleanUps.push(rule.stop, clock.run);
  const after = async (minutes: number) => {
    clock.moveTo(clock.now() + minutes * MINUTE);
    rule.startDue();
    await rule.waitUntilIdle();
    return received.length;
  };
  rule.deliver(event);
  await rule.waitUntilIdle();

  expect(await after(0.99)).toBe(1);
  expect(await after(0.01)).toBe(2);
  expect(await after(1.99)).toBe(2);
  expect(await after(0.01)).toBe(3);
  expect(await after(60)).toBe(3);
});
