import type { StartFunction } from '../platform/start-function.ts';
import type { QueuedWakeUp } from './wake-up.ts';

/** Starts the two functions that prepare and fire pre-bookings, without waiting for their end. Each uses a `StartFunction`. */
export type FunctionStarter = {
  /** Starts `prepare-prebooking`. @throws the SDK's error if Lambda has not accepted the invocation. */
  prepare(wakeUp: QueuedWakeUp): Promise<void>;
  /** Starts `fire-prebooking` for up to `MAX_SHARING` pre-bookings. @throws like `prepare`. */
  fire(wakeUps: readonly QueuedWakeUp[]): Promise<void>;
};

/**
 * How many pre-bookings of one box and opening share a process at most. They also share what its probes learn of AimHarder's
 * clock.
 */
export const MAX_SHARING = 8;

export const preparationStarter = (start: StartFunction): Pick<FunctionStarter, 'prepare'> => ({
  prepare: (wakeUp) => start(wakeUpFields(wakeUp)),
});

export const firingStarter = (start: StartFunction): Pick<FunctionStarter, 'fire'> => ({
  fire: (wakeUps) => start({ firings: wakeUps.map(wakeUpFields) }),
});

/** Keeps only the fields of a wake-up, because the object may be a whole message. Version 0.1.0 wrote `email` instead of `member`. */
const wakeUpFields = ({ member, email, id, order }: QueuedWakeUp): QueuedWakeUp =>
  member === undefined ? { email, id, order } : { member, id, order };
