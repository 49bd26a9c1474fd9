import type { CountedAttempt } from '../../../lib/login/login-throttle.ts';

const nothing = async () => undefined;

/** A login attempt that no limit counts. */
export const UNLIMITED: CountedAttempt = {
  recordAccepted: nothing,
  recordRefused: nothing,
  recordUnanswered: nothing,
};
