import type { Environment } from '../platform/environment.ts';
import { CLOCK_FACTS } from './clock-facts.ts';
import { LISTING_FACTS } from './listing-facts.ts';
import { LOGIN_FACTS } from './login-facts.ts';
import { NEXT_BOOKINGS_FACTS } from './next-bookings-facts.ts';
import { ROUTE_FACTS } from './route-facts.ts';
import { SESSION_FACTS } from './session-facts.ts';

const FACT_NAMES: readonly string[] = [
  LOGIN_FACTS,
  SESSION_FACTS,
  LISTING_FACTS,
  NEXT_BOOKINGS_FACTS,
  CLOCK_FACTS,
  ROUTE_FACTS,
].flatMap((facts) => Object.values(facts).map(({ name }) => name));

/**
 * Reads `DOCTOR_KNOWN_CHANGES`: the names of changed facts that the operator already knows. A known change raises no alarm. The
 * names are separated by semicolons, because the names of some facts contain commas.
 *
 * @throws Error that names the first name that is no fact.
 */
export function knownChangesFrom(environment: Environment): ReadonlySet<string> {
  const entries = (environment['DOCTOR_KNOWN_CHANGES'] ?? '').split(';').map((name) => name.trim());
  const names = entries.filter((name) => name !== '');
  const [unknown] = names.filter((name) => !FACT_NAMES.includes(name));
  if (unknown !== undefined)
    throw new Error(`configuration: DOCTOR_KNOWN_CHANGES names no fact of the doctor: ${unknown}`);
  return new Set(names);
}
