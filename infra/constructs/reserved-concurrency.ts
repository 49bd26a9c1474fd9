import type { FunctionName } from '../catalog/functions.ts';

/** The concurrent executions that a function always gets, and never exceeds. */
export type Reservations = ReadonlyMap<FunctionName, number>;

/**
 * How the reserved executions are divided between the firing and the functions that start it, in percent. Firings get two thirds,
 * because each runs for half a minute. Preparations take some seconds each, spread over a minute. A run of `dispatch-firings` waits
 * up to 9 s for a lease, and handles ten messages at a time. A sweep starts every minute and takes two at most.
 */
const SHARES = [
  ['fire-prebooking', 66],
  ['prepare-prebooking', 20],
  ['dispatch-firings', 13],
  ['sweep', 1],
] as const satisfies readonly (readonly [FunctionName, number])[];

/** Lambda refuses a reservation that leaves fewer than 100 concurrent executions unreserved (AWS Lambda, "Quotas"). */
const LEAST_UNRESERVED = 100;
/** The part of the account's concurrent executions that is left to the routes and to everything else in the account. */
const UNRESERVED_PART = 1 / 4;

/** With fewer executions to reserve, nothing is reserved, because the shares would be too small to help. */
const LEAST_ROOM = 100;

/**
 * Divides an account's concurrent executions. Without reservations, slow routes could take all of them while classes open.
 *
 * @param accountConcurrency how many functions the account may run at once in this Region.
 * @param forFirings how many of them the firing gets, instead of its share.
 * @returns no reservation if the account is too small for one.
 * @throws Error if Lambda would refuse the reservations.
 */
export function reserveConcurrency(accountConcurrency: number, forFirings?: number): Reservations {
  const room = accountConcurrency - Math.max(LEAST_UNRESERVED, Math.ceil(accountConcurrency * UNRESERVED_PART));
  const shares = room < LEAST_ROOM ? [] : SHARES;
  const reservations = new Map<FunctionName, number>(
    shares.map(([name, percent]) => [name, Math.floor((room * percent) / 100)]),
  );
  if (forFirings !== undefined) reservations.set('fire-prebooking', forFirings);
  const reserved = [...reservations.values()].reduce((sum, count) => sum + count, 0);
  if (reserved > 0 && accountConcurrency - reserved < LEAST_UNRESERVED)
    throw new Error(
      `context: fireReservedConcurrency: with ${reserved} reserved, an account of accountConcurrency=${accountConcurrency} has fewer than ${LEAST_UNRESERVED} left, which Lambda refuses`,
    );
  return reservations;
}
