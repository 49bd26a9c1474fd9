import { AsyncLocalStorage } from 'node:async_hooks';
import { expect, test } from 'vitest';
import { SECOND } from '../../lib/platform/clock.ts';
import type { AroundSteps } from '../support/firing/around-steps.ts';
import { startFiring } from '../support/firing/firing.ts';
import { type AsProcess, Pipeline } from '../support/firing/pipeline.ts';

/* A process of a preparation, a dispatcher or a firing dies at each of its steps: before a request is sent, or before its answer is read. */

/** How far ahead the classes of these tests open, in milliseconds: some time before their wake-up. */
const AHEAD = 150 * SECOND;

type Process = { readonly died: PromiseWithResolvers<undefined>; isDead: boolean };
type Death = { readonly step: number; readonly when: 'before' | 'after' };

/** Lets the process die that takes a given step. */
function deaths() {
  const current = new AsyncLocalStorage<Process>();
  let steps = 0;
  let death: Death | undefined;
  const dieAt = (when: Death['when'], step: number, process: Process): void => {
    if (death?.step !== step || death.when !== when) return;
    process.isDead = true;
    process.died.resolve(undefined);
  };
  /** What a process does after its death is never done. */
  const unlessDead = ({ isDead }: Process): Promise<void> =>
    isDead ? new Promise(() => undefined) : Promise.resolve();
  const aroundSteps: AroundSteps = async (step) => {
    const process = current.getStore();
    if (!process) return step();
    steps += 1;
    const number = steps;
    dieAt('before', number, process);
    await unlessDead(process);
    const done = step();
    await done.catch(() => undefined);
    dieAt('after', number, process);
    await unlessDead(process);
    return done;
  };
  return {
    aroundSteps,
    asProcess: ((_, work) => {
      const process = { died: Promise.withResolvers<undefined>(), isDead: false };
      return current.run(process, () => Promise.race([work(), process.died.promise]));
    }) satisfies AsProcess,
    /** Plans the next death, and counts the steps anew. */
    plan(next: Death | undefined): void {
      death = next;
      steps = 0;
    },
    steps: () => steps,
  };
}

/** Every so many steps are tried; `EVERY=1` tries all, in some minutes. */
const { EVERY: every = '12' } = process.env;
const EVERY = Number(every);

test('a process that dies at any step is replaced: the class is booked once, and within 5 s of its opening', async ({
  onTestFinished,
}) => {
  const { aroundSteps, plan, steps, asProcess } = deaths();
  const world = await startFiring({}, aroundSteps);
  onTestFinished(world.stop);
  const run = async (death: Death | undefined) => {
    plan(death);
    const pending = await world.order(AHEAD);
    await new Pipeline({ ...world, asProcess }, { sweptAfter: 30 * SECOND }).run([pending]);
    const { status } = (await world.stored(pending)) ?? {};
    const late = Math.max(...world.arrivals(pending)) < 5 * SECOND ? 'in time' : 'late';
    return { death, status, late, places: world.simulator.reservations(pending.classId ?? '').length };
  };
  await run(undefined);
  const all = Array.from({ length: steps() }, (_, index) => index + 1).filter((step) => step % EVERY === 0);
  const ends = [];
  for (const step of all) for (const when of ['before', 'after'] as const) ends.push(await run({ step, when }));

  const wrong = ends.filter(({ status, late, places }) => status !== 'booked' || late !== 'in time' || places !== 1);
  expect(wrong).toEqual([]);
  expect(ends.length).toBeGreaterThan(5);
});
