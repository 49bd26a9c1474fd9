/** `unknown`: AimHarder could not be asked about the fact, or its answer decides nothing. */
export type Verdict = 'ok' | 'changed' | 'unknown';

/** What the doctor found about one fact. It holds nothing of the member: no name, address, token or cookie value. */
export type Finding = {
  readonly fact: string;
  readonly verdict: Verdict;
  readonly found: string;
  /** What the fact means for this service if it has changed. */
  readonly otherwise: string;
};

/** Builds findings of one fact. */
export const fact = (name: string, otherwise: string) => {
  const finding =
    (verdict: Verdict) =>
    (found: string): Finding => ({ fact: name, verdict, found, otherwise });
  return { ok: finding('ok'), changed: finding('changed'), unknown: finding('unknown') };
};
