import type { FunctionName } from '../catalog/functions.ts';

/** How many concurrent executions are reserved for each function. A function never gets more than its reservation. */
export type Reservations = ReadonlyMap<FunctionName, number>;

/**
 * How the reserved executions are divided between the firing and the functions that start it, in percent. Firings get two thirds,
 * because each runs for half a minute. Preparations take some seconds each, spread over a minute. A run of `dispatch-firings`
 * waits up to 9 s for a lease, and handles ten messages at a time. A sweep starts every minute and takes two minutes at most.
 */
const SHARES = [
  ['fire-prebooking', 66],
  ['prepare-prebooking', 20],
  ['dispatch-firings', 13],
  ['sweep', 1],
] as const satisfies readonly (readonly [name: FunctionName, percent: number])[];

/** Lambda refuses a reservation that leaves fewer than 100 concurrent executions unreserved (AWS Lambda, "Quotas"). */
const LEAST_UNRESERVED = 100;

/** The fraction of the account's concurrent executions that is left to the routes and to everything else in the account. */
const UNRESERVED_FRACTION = 1 / 4;

/** If fewer executions than this can be reserved, none is reserved, because the shares would be too small to help. */
const LEAST_RESERVABLE = 100;

/**
 * Divides an account's concurrent executions. Without reservations, slow routes could take all of them while classes open.
 *
 * @param accountConcurrency how many functions the account may run at once in this Region.
 * @param forFirings how many executions the firing gets, instead of its share.
 * @returns no shares if the account is too small for them; then only `forFirings` is reserved, if given.
 * @throws Error if Lambda would refuse the reservations.
 */
export function reserveConcurrency(accountConcurrency: number, forFirings?: number): Reservations {
  const unreserved = Math.max(LEAST_UNRESERVED, Math.ceil(accountConcurrency * UNRESERVED_FRACTION));
  const reservable = accountConcurrency - unreserved;
  const shares = reservable < LEAST_RESERVABLE ? [] : SHARES;
  const reservations = new Map<FunctionName, number>(
    shares.map(([name, percent]) => [name, Math.floor((reservable * percent) / 100)]),
  );
  if (forFirings !== undefined) reservations.set('fire-prebooking', forFirings);
  const reserved = [...reservations.values()].reduce((sum, count) => sum + count, 0);
  if (reserved > 0 && accountConcurrency - reserved < LEAST_UNRESERVED)
    throw new Error(
      `context: fireReservedConcurrency: with ${reserved} reserved, an account of accountConcurrency=${accountConcurrency} has fewer than ${LEAST_UNRESERVED} left, which Lambda refuses`,
    );
  return reservations;
}
