import { t } from '../texts/language.ts';
import type { Failure, Refusal } from './api.ts';

/**
 * What the page offers a member after a failure, beside the sentence about it.
 *
 * - `retry`: a button that does the same again.
 * - `reload`: a button that loads the data again.
 * - `open-mine`: a button that opens the screen with the member's bookings and pre-bookings.
 * - `confirm`: asks the member to confirm the action, if the view can repeat the action with that consent; otherwise the same as
 *   `acknowledge`.
 * - `password`: a button that closes the message. If a new sign-in helps, `views/password-again.tsx` also asks for the password.
 * - `acknowledge`: only a button that closes the message.
 */
export type NextStep = 'retry' | 'reload' | 'open-mine' | 'confirm' | 'password' | 'acknowledge';

/** What the page offers after problems that another try cannot solve. After all other problems it offers another try. */
const NEXT_STEPS: Partial<Record<NonNullable<Refusal['code']>, NextStep>> = {
  'already-booked': 'reload',
  'booking-limit': 'open-mine',
  'booking-not-found': 'reload',
  'box-not-found': 'reload',
  'class-cancelled': 'reload',
  'class-full': 'reload',
  'class-moved': 'open-mine',
  'class-not-found': 'reload',
  'invalid-credentials': 'acknowledge',
  'invalid-request': 'reload',
  'late-cancellation': 'confirm',
  'login-required': 'password',
  'no-credit': 'acknowledge',
  'not-found': 'reload',
  'not-invited': 'acknowledge',
  'payload-too-large': 'acknowledge',
  'prebooking-finished': 'reload',
  'prebooking-limit': 'open-mine',
  'prebooking-not-found': 'reload',
  'routine-limit': 'open-mine',
  'routine-not-found': 'reload',
  'session-not-found': 'reload',
  'session-protected': 'confirm',
  'too-early': 'reload',
  'too-late': 'reload',
  unpaid: 'acknowledge',
};

/**
 * Finds the sentence for a failure. If a failure has no code (a gateway answered), or a code that this page does not know yet,
 * the status decides.
 */
export function sentenceFor(failure: Failure): string {
  if (failure.kind === 'offline') return t().offline;
  const { code, status } = failure;
  const known = code === null ? undefined : t().problems[code];
  if (known !== undefined) return known;
  if (status === 401) return t().problems.unauthenticated;
  if (status === 429) return t().tooManyRequests;
  return status >= 500 ? t().serverFailed : t().problems['invalid-request'];
}

/** Finds what the page offers after a failure. */
export function nextStepFor(failure: Failure): NextStep {
  if (failure.kind === 'offline' || failure.code === null) return 'retry';
  return NEXT_STEPS[failure.code] ?? 'retry';
}
