import type { CountedAttempt } from '../../../lib/login/login-throttle.ts';

const nothing = async () => undefined;

/** A login attempt that no limit counts. */
export const UNLIMITED: CountedAttempt = { accepted: nothing, refused: nothing, unanswered: nothing };
