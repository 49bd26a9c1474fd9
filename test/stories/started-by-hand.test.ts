import { afterAll, beforeAll, expect, test } from 'vitest';
import { functionsByName } from '../../infra/catalog/functions.ts';
import { startWorld, type World } from '../support/stories/world.ts';

/** An operator starts a function of every minute from the console; another scheduler leaves the placeholder unfilled. */
let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const EVERY_MINUTE = [...functionsByName].flatMap(([name, { everyMinute }]) => (everyMinute ? [name] : []));

test.each(EVERY_MINUTE)('%s does its work for the minute of the clock', async (name) => {
  for (const event of [{}, { scheduledTime: '<aws.scheduler.scheduled-time>' }])
    expect(await world.stack.invoke(name, event)).not.toHaveProperty('functionError');
});

test('the log says that no minute was given', async () => {
  await world.stack.invoke('sweep', {});

  const warnings = world.lines.filter((line) => line.includes('"scheduled-time-missing"'));
  expect(warnings.length).toBeGreaterThan(0);
  expect(warnings.filter((line) => !line.includes('"level":"WARN"'))).toEqual([]);
});
