import type { Examination } from '../../../lib/doctor/examine.ts';
import type { Finding, Verdict } from '../../../lib/doctor/finding.ts';

const LABELS: Readonly<Record<Verdict, string>> = { ok: 'ok     ', changed: 'CHANGED', unknown: 'unknown' };

/** Formats one line for each fact. Below a changed fact, another line states the consequence. */
export function formatTable(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ fact }) => fact.length));
  const indent = ' '.repeat(LABELS.ok.length + 2 + width + 2);
  return findings
    .map(({ fact, verdict, found, ifChanged }) => {
      const line = `${LABELS[verdict]}  ${fact.padEnd(width)}  ${found}`;
      return verdict === 'changed' ? `${line}\n${indent}→ ${ifChanged}` : line;
    })
    .join('\n');
}

const ADDRESS_REFUSED =
  'AimHarder, or a proxy in front of it, refuses this address (403 or 429). This does not show that AimHarder has changed. Public clients report 403 by the country of the address: run the doctor from another network, and deploy where AimHarder accepts the address; try eu-south-2 (Spain) first.';

/** Sums up the findings: which facts have changed, and which could not be checked. */
export function formatSummary({ findings, addressRefused }: Examination): string {
  const factsWith = (wanted: Verdict) => findings.filter(({ verdict }) => verdict === wanted).map(({ fact }) => fact);
  const [changed, unknown] = [factsWith('changed'), factsWith('unknown')];
  return [
    ...(changed.length + unknown.length === 0 ? ['Every fact holds.'] : []),
    ...(changed.length > 0 ? [`Changed: ${changed.join(', ')}.`] : []),
    ...(unknown.length > 0 ? [`Could not be told: ${unknown.join(', ')}.`] : []),
    ...(addressRefused ? [ADDRESS_REFUSED] : []),
  ].join('\n');
}

/** Formats the report, which contains no data of the member. @param at the time of the examination, ISO 8601. */
export const formatReport = ({ findings }: Examination, at: string): string =>
  `${JSON.stringify({ at, facts: findings.map(({ fact, verdict, found }) => ({ fact, verdict, found })) }, undefined, 2)}\n`;

/**
 * Returns 0 if every fact holds, 1 if a fact has changed, and 2 if none has changed but the login was refused or a fact could
 * not be checked.
 */
export function toExitCode({ findings, loginRefused }: Examination): 0 | 1 | 2 {
  if (findings.some(({ verdict }) => verdict === 'changed')) return 1;
  return loginRefused || findings.some(({ verdict }) => verdict === 'unknown') ? 2 : 0;
}
