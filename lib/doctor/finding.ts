/** `unknown`: AimHarder could not be asked about the fact, or its answer does not decide whether the fact holds. */
export type Verdict = 'ok' | 'changed' | 'unknown';

/**
 * The doctor's finding about one fact. It contains no data of the member whose login the doctor uses: no name, e-mail, token or
 * cookie value.
 */
export type Finding = {
  readonly fact: string;
  readonly verdict: Verdict;
  /** The finding in words. */
  readonly found: string;
  /** The consequence for this service if the fact has changed. */
  readonly ifChanged: string;
};

/** Defines a fact. @returns its name, and functions that create a finding about it, one for each verdict. */
export const defineFact = (name: string, ifChanged: string) => {
  const finding =
    (verdict: Verdict) =>
    (found: string): Finding => ({ fact: name, verdict, found, ifChanged });
  return { name, ok: finding('ok'), changed: finding('changed'), unknown: finding('unknown') };
};
