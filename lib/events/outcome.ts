import * as z from 'zod/mini';

/** The outcomes of a pre-booking. Types, table items, events and responses all derive from this list. */
export const Outcome = z.enum([
  'booked',
  'already-booked',
  'waitlisted',
  'class-full',
  'no-credit',
  'unpaid',
  'booking-limit',
  'class-not-found',
  'class-cancelled',
  'too-early',
  'too-late',
  'login-required',
  'missed',
  'upstream-rejected',
  'upstream-unreachable',
  'upstream-timeout',
  'unknown',
]);

export type Outcome = z.output<typeof Outcome>;

/** Outcomes after which nobody knows whether the member has a place. */
const UNCERTAIN: ReadonlySet<Outcome | null> = new Set(['upstream-timeout', 'unknown'] as const);

/** Checks whether an outcome leaves open if the member has a place. Then the member has to look in AimHarder's app. */
export const isUncertain = (outcome: Outcome | null): boolean => UNCERTAIN.has(outcome);
