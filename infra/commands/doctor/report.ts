import type { Examination } from './examine.ts';
import type { Finding, Verdict } from './finding.ts';

const SIGNS: Readonly<Record<Verdict, string>> = { ok: 'ok     ', changed: 'CHANGED', unknown: 'unknown' };

/** Formats one line for each fact. Below a finding that has changed, another line says what it means. */
export function formatTable(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ fact }) => fact.length));
  return findings
    .map(({ fact, verdict, found, otherwise }) => {
      const line = `${SIGNS[verdict]}  ${fact.padEnd(width)}  ${found}`;
      return verdict === 'changed' ? `${line}\n${' '.repeat(width + 11)}→ ${otherwise}` : line;
    })
    .join('\n');
}

const ADDRESS_REFUSED =
  'AimHarder, or what is in front of it, refuses this address (403 or 429). That is no change of AimHarder’s. Public clients report 403 by the country of the address: run the doctor from another network, and deploy where it is let in, in eu-south-2 (Spain) first.';

/** Sums the findings up: what has changed, what could not be told, and why. */
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

/** Formats a report that may be shown to anybody. @param at when AimHarder was asked, ISO 8601. */
export const formatReport = ({ findings }: Examination, at: string): string =>
  `${JSON.stringify({ at, facts: findings.map(({ fact, verdict, found }) => ({ fact, verdict, found })) }, undefined, 2)}\n`;

/** Returns 0 if every fact holds, 1 if something has changed, and 2 if some fact could not be told. */
export function toExitCode({ findings, refused }: Examination): 0 | 1 | 2 {
  if (findings.some(({ verdict }) => verdict === 'changed')) return 1;
  return refused || findings.some(({ verdict }) => verdict === 'unknown') ? 2 : 0;
}
