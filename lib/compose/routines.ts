import { timezonesFrom } from '../boxes/settings.ts';
import type { Documents } from '../platform/dynamodb.ts';
import { type Environment, required } from '../platform/environment.ts';
import { planStore } from '../routines/plan-store.ts';
import { composeArming, composePrebookingQueries } from './prebookings.ts';

export const composePlans = (environment: Environment, client: Documents) =>
  planStore({ documents: client, table: required(environment, 'ROUTINES_TABLE').ROUTINES_TABLE });

/** What changing a plan takes: orders that it no longer wants are cancelled. */
export const composePlanning = (environment: Environment, client: Documents) => ({
  ...composeArming(environment, client),
  plans: composePlans(environment, client),
  prebookingQueries: composePrebookingQueries(environment, client),
  boxSettings: { timezones: timezonesFrom(environment) },
});
