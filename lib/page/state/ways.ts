import { t } from '../texts/language.ts';
import type { Failure, Refusal } from './api.ts';

/** What a member can do about a failure. */
export type Way = 'retry' | 'reload' | 'see-mine' | 'confirm' | 'password' | 'acknowledge';

/** The ways on from problems that trying again does not help. The others are worth another try. */
const WAYS: Partial<Record<NonNullable<Refusal['code']>, Way>> = {
  'already-booked': 'reload',
  'booking-limit': 'see-mine',
  'booking-not-found': 'reload',
  'box-not-found': 'reload',
  'class-cancelled': 'reload',
  'class-full': 'reload',
  'class-moved': 'see-mine',
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
  'prebooking-limit': 'see-mine',
  'prebooking-not-found': 'reload',
  'routine-limit': 'see-mine',
  'routine-not-found': 'reload',
  'session-not-found': 'reload',
  'session-protected': 'confirm',
  'too-early': 'reload',
  'too-late': 'reload',
  unpaid: 'acknowledge',
};

/** Finds the sentence for a failure. A gateway's answer, or a code that this page does not know yet, is told by its status. */
export function sentenceFor(failure: Failure): string {
  if (failure.kind === 'offline') return t().offline;
  const { code, status } = failure;
  const known = code === null ? undefined : t().problems[code];
  if (known !== undefined) return known;
  if (status === 401) return t().problems.unauthenticated;
  if (status === 429) return t().tooManyRequests;
  return status >= 500 ? t().serverFailed : t().problems['invalid-request'];
}

/** Finds what a member can do about a failure. */
export function wayOn(failure: Failure): Way {
  if (failure.kind === 'offline' || failure.code === null) return 'retry';
  return WAYS[failure.code] ?? 'retry';
}
