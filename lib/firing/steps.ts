import { UpstreamFailure } from '../aimharder/client.ts';
import { type Clock, type Instant, SECOND } from '../platform/clock.ts';
import { isTimeout } from '../platform/errors.ts';
import type { Logger } from '../platform/logger.ts';
import { repeatUntilDone } from '../platform/retry.ts';
import type { Unfinished } from '../prebookings/prebooking.ts';

type Step = 'refresh' | 'proof' | 'listing' | 'calibration';

/** When the steps of a preparation may run, in milliseconds before the opening. */
export type StepTimes = {
  /** When each step must begin at the latest. After a late wake-up, the least important steps are left out first. */
  readonly beginsBefore: Readonly<Record<Step, number>>;
  /** When the last repetition of a failed step may begin. */
  readonly repeatingEnds: number;
  /** When every step has to have ended. */
  readonly ends: number;
};

/** Does the work of a preparation. Both functions return undefined if the work has failed, `ask` also if there was no time. */
export type Steps = {
  /** Asks AimHarder, as one step. Repeats a failed step while there is time. */
  readonly ask: <T>(step: Step, work: (signal: AbortSignal) => Promise<T>) => Promise<T | undefined>;
  /** Loads something from our own services (the database, the secrets). Repeats a failed load while there is time. */
  readonly load: <T>(work: () => Promise<T>) => Promise<T | undefined>;
};

type StepDeps = { readonly clock: Clock; readonly logger: Logger };
type PrebookingOpening = Pick<Unfinished, 'id' | 'opensAt'>;

/** How long one step may take at most, in milliseconds. AimHarder answers in 0.4 to 1.7 s. */
const STEP_PATIENCE = 8 * SECOND;

/** Creates the functions for one preparation. They log failures, and throw only the signal's reason. */
export const createSteps = (
  deps: StepDeps,
  prebooking: PrebookingOpening,
  times: StepTimes,
  signal: AbortSignal,
): Steps => ({
  ask: createAsker(deps, prebooking, times, signal),
  load: createLoader(deps, prebooking, times, signal),
});

function createAsker(
  deps: StepDeps,
  { id, opensAt }: PrebookingOpening,
  times: StepTimes,
  signal: AbortSignal,
): Steps['ask'] {
  const { clock, logger } = deps;
  return async (step, work) => {
    if (opensAt - clock.now() < times.beginsBefore[step]) return undefined;
    const attempt = async () => {
      const patience = clock.timeout(Math.min(STEP_PATIENCE, opensAt - clock.now() - times.ends));
      try {
        return await work(AbortSignal.any([signal, patience]));
      } catch (error) {
        signal.throwIfAborted();
        const fields = { prebooking: id, step };
        if (error instanceof UpstreamFailure) logger.warn('preparation-step-failed', { ...fields, code: error.code });
        else if (isTimeout(error)) logger.warn('preparation-step-failed', { ...fields, code: 'upstream-timeout' });
        else logger.error('unexpected-error', error, fields);
        throw error;
      }
    };
    const until = lastRepetitionAt(deps, opensAt, times);
    return repeatUntilDone({ clock, until, signal }, attempt).catch(undefinedUnlessAborted(signal));
  };
}

function createLoader(
  deps: StepDeps,
  { id, opensAt }: PrebookingOpening,
  times: StepTimes,
  signal: AbortSignal,
): Steps['load'] {
  const { clock, logger } = deps;
  return (work) =>
    repeatUntilDone({ clock, until: lastRepetitionAt(deps, opensAt, times), signal }, () =>
      work().catch((error: unknown) => {
        logger.error('unexpected-error', error, { during: 'prepare', prebooking: id });
        throw error;
      }),
    ).catch(undefinedUnlessAborted(signal));
}

/** Computes when the last repetition may begin, on our monotonic clock. */
const lastRepetitionAt = ({ clock }: StepDeps, opensAt: Instant, times: StepTimes): Instant =>
  clock.monotonic() + opensAt - clock.now() - times.repeatingEnds;

/** Returns a handler that turns any failure into undefined. @throws the signal's reason, from the handler, if it has aborted. */
const undefinedUnlessAborted = (signal: AbortSignal) => (): undefined => {
  signal.throwIfAborted();
};
