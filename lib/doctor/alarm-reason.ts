import type { Examination } from './examine.ts';
import type { Finding } from './finding.ts';
import { LOGIN_FACTS } from './login-facts.ts';

const LOGIN_REFUSED =
  'AimHarder could not be checked: it refuses the e-mail or the password in the secret of the option `doctor`.';
const ADDRESS_REFUSED =
  'AimHarder, or a proxy in front of it, refuses this address (403 or 429). This does not show that AimHarder has changed. Deploy in another Region; try eu-south-2 (Spain) first.';

/**
 * Finds why an examination raises the alarm: a fact has changed, AimHarder refuses this machine's address, or no login succeeded,
 * so that hardly anything could be checked.
 *
 * @param knownChanges the facts whose change the operator knows already. It raises no alarm.
 * @returns the alarm's reason, which names the facts first and contains no data of the member; undefined if there is none.
 */
export function alarmReason(
  { findings, loginRefused, addressRefused }: Examination,
  knownChanges: ReadonlySet<string>,
): string | undefined {
  const changed = findings.filter(({ verdict, fact }) => verdict === 'changed' && !knownChanges.has(fact));
  if (changed.length > 0) return [listFacts(changed), ...changed.map(describeChange)].join(' ');
  if (addressRefused) return ADDRESS_REFUSED;
  if (loginRefused) return LOGIN_REFUSED;
  const unknownLogin = findings.find(({ fact, verdict }) => fact === LOGIN_FACTS.login.name && verdict === 'unknown');
  return (
    unknownLogin && `AimHarder could not be checked: whether the login has changed is unknown (${unknownLogin.found}).`
  );
}

const listFacts = (changed: readonly Finding[]): string =>
  `AimHarder has changed: ${changed.map(({ fact }) => fact).join('; ')}.`;

const describeChange = ({ fact, found, ifChanged }: Finding): string => `${fact}: ${found}. ${ifChanged}`;
