import type { StartFunction } from '../platform/start-function.ts';
import type { WakeUp } from './wake-up.ts';

/** Starts the functions that prepare and fire pre-bookings, without waiting for their end. */
export type FunctionStarter = {
  /** Starts `prepare-prebooking`. @throws the SDK's error if Lambda has not accepted the invocation. */
  prepare(wakeUp: WakeUp): Promise<void>;
  /** Starts `fire-prebooking` for up to `MAX_SHARING` pre-bookings. @throws as `prepare`. */
  fire(wakeUps: readonly WakeUp[]): Promise<void>;
};

/** How many pre-bookings of one box and opening share a process at most, and with it what they learn of AimHarder's clock. */
export const MAX_SHARING = 8;

export const preparationStarter = (start: StartFunction): Pick<FunctionStarter, 'prepare'> => ({
  prepare: ({ email, id, order }) => start({ email, id, order } satisfies WakeUp),
});

export const firingStarter = (start: StartFunction): Pick<FunctionStarter, 'fire'> => ({
  fire: (wakeUps) =>
    start({
      firings: wakeUps.map(({ email, id, order }) => ({ email, id, order }) satisfies WakeUp),
    }),
});
