import type { Examination } from './examine.ts';
import type { Finding, Verdict } from './finding.ts';

const SIGNS: Readonly<Record<Verdict, string>> = { ok: 'ok     ', changed: 'CHANGED', unknown: 'unknown' };

/** Formats one line for each fact. Below a finding that is not ok, another line says what it means. */
export function formatTable(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ fact }) => fact.length));
  return findings
    .map(({ fact, verdict, found, otherwise }) => {
      const line = `${SIGNS[verdict]}  ${fact.padEnd(width)}  ${found}`;
      return verdict === 'ok' ? line : `${line}\n${' '.repeat(width + 11)}→ ${otherwise}`;
    })
    .join('\n');
}

/** Formats a report that may be shown to anybody. @param at when AimHarder was asked, ISO 8601. */
export const formatReport = ({ findings }: Examination, at: string): string =>
  `${JSON.stringify({ at, facts: findings.map(({ fact, verdict, found }) => ({ fact, verdict, found })) }, undefined, 2)}\n`;

/** Returns 0 if nothing has changed, 1 if something has, and 2 if AimHarder could not be asked. */
export function toExitCode({ findings, refused }: Examination): 0 | 1 | 2 {
  if (findings.some(({ verdict }) => verdict === 'changed')) return 1;
  const [login] = findings;
  return refused || login?.verdict !== 'ok' ? 2 : 0;
}
