import type { Examination } from './examine.ts';
import type { Finding } from './finding.ts';
import { LOGIN_FACTS } from './login-facts.ts';

const LOGIN_REFUSED =
  'AimHarder could not be checked: it refuses the e-mail or the password in the secret of the option doctor.';
const ADDRESS_REFUSED =
  'AimHarder, or a proxy in front of it, refuses this address (403 or 429). AimHarder has not changed. Deploy in another Region; try eu-south-2 (Spain) first.';

/**
 * Decides whether an examination raises the alarm. It does so if a fact has changed without being one of the known changes, or if
 * no login succeeded, so that nothing else could be checked.
 *
 * @returns the alarm's reason, which names the facts first and contains no data of the member; undefined if all is well.
 */
export function alarmReason(
  { findings, loginRefused, addressRefused }: Examination,
  knownChanges: ReadonlySet<string>,
): string | undefined {
  const changed = findings.filter(({ verdict, fact }) => verdict === 'changed' && !knownChanges.has(fact));
  if (changed.length > 0) return [namesOf(changed), ...changed.map(describeChange)].join(' ');
  if (addressRefused) return ADDRESS_REFUSED;
  if (loginRefused) return LOGIN_REFUSED;
  const login = findings.find(({ fact, verdict }) => fact === LOGIN_FACTS.login.name && verdict === 'unknown');
  return login && `AimHarder could not be checked. Could not be told: ${login.fact} (${login.found}).`;
}

const namesOf = (changed: readonly Finding[]): string =>
  `AimHarder has changed: ${changed.map(({ fact }) => fact).join('; ')}.`;

const describeChange = ({ fact, found, ifChanged }: Finding): string => `${fact}: ${found}. ${ifChanged}`;
