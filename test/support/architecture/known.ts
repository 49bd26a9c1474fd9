import type { Finding } from './sources.ts';

/** Files that do not pass a check yet. Add no file to these lists. A check fails if it no longer needs an entry. */
export const KNOWN: Readonly<Record<'longFunctions' | 'longFiles' | 'casts' | 'impure', readonly string[]>> = {
  longFunctions: [],
  longFiles: [],
  casts: [],
  impure: [],
};

/** Leaves out the findings in known files, and adds a finding for each known file that has none. */
export function leaveOutKnown(findings: readonly Finding[], known: readonly string[]): readonly Finding[] {
  const cleared = known.filter((file) => !findings.some((finding) => finding.file === file));
  return [
    ...findings.filter(({ file }) => !known.includes(file)),
    ...cleared.map((file) => ({ file, line: 1, what: 'is known no longer: delete it from KNOWN' })),
  ];
}
