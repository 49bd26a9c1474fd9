/** `unknown`: it could not be asked, or the answer decides nothing. */
export type Verdict = 'ok' | 'changed' | 'unknown';

/** One fact about AimHarder, and what was found of it. Holds nothing of the member: no name, address, token or cookie value. */
export type Finding = {
  readonly fact: string;
  readonly verdict: Verdict;
  readonly found: string;
  /** What it means for this service when it is not ok. */
  readonly otherwise: string;
};

/** Builds findings of one fact. */
export const fact = (name: string, otherwise: string) => {
  const finding =
    (verdict: Verdict) =>
    (found: string): Finding => ({ fact: name, verdict, found, otherwise });
  return { ok: finding('ok'), changed: finding('changed'), unknown: finding('unknown') };
};
