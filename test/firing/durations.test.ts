import { expect, test } from 'vitest';
import { SECOND } from '../../lib/platform/clock.ts';
import { startFiring } from '../support/firing/firing.ts';
import { type AsProcess, Pipeline } from '../support/firing/pipeline.ts';

/* What a pre-booking costs rests on these durations (infra/constructs/README.md, "Cost"). */

const RUNS = 4;

test('a pre-booking is prepared in 2.5 s, dispatched and guarded in 2.5 s, and fired in 32 s, as fast as AimHarder answers', async ({
  onTestFinished,
}) => {
  const world = await startFiring({ answerMs: { min: 400, max: 1_700 } });
  onTestFinished(world.stop);
  const taken = { prepare: 0, dispatch: 0, fire: 0 };
  const asProcess: AsProcess = async (name, work) => {
    const begun = world.clock.monotonic();
    const done = await work();
    taken[name] += world.clock.monotonic() - begun;
    return done;
  };
  for (let run = 0; run < RUNS; run += 1)
    await new Pipeline({ ...world, asProcess }).run([await world.order(150 * SECOND)]);

  const seconds = (millis: number) => millis / RUNS / SECOND;
  expect(seconds(taken.prepare)).toBeLessThan(2.5);
  expect(seconds(taken.dispatch)).toBeLessThan(2.5);
  expect(seconds(taken.fire)).toBeLessThan(32);
});
