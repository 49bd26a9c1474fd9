import { type AimHarder, UpstreamFailure, type WhoAmI } from '../../../lib/aimharder/client.ts';
import type { OldSession } from './old-row.ts';

export type Proof =
  | { readonly kind: 'alive'; readonly whoAmI: Extract<WhoAmI, { kind: 'member' }> }
  /** AimHarder says the session is dead, or was not to be asked. */
  | { readonly kind: 'unproven' }
  /** AimHarder gave no answer: the session may be alive. */
  | { readonly kind: 'unasked' };

export type VerifyAlive = (session: OldSession) => Promise<Proof>;

/** How long one answer may take, in milliseconds. */
const TIMEOUT = 10_000;
/** After so many failures in a row the cause is AimHarder, not the sessions. */
const MAX_FAILURES = 20;

/**
 * Returns a function that asks AimHarder whether a session is alive, which changes nothing there. After 20 failures in a row
 * it stops asking.
 *
 * @param aimHarder without it, no session is proven.
 */
export function aliveVerifier(
  aimHarder: Pick<AimHarder, 'whoAmI'> | undefined,
  print: (line: string) => void,
): VerifyAlive {
  let failures = 0;
  return async ({ fingerprint, token, cookies }: OldSession): Promise<Proof> => {
    if (!aimHarder) return { kind: 'unproven' };
    if (failures >= MAX_FAILURES) return { kind: 'unasked' };
    try {
      const session = { fingerprint: fingerprint ?? '', token, cookies };
      const whoAmI = await aimHarder.whoAmI(session, AbortSignal.timeout(TIMEOUT));
      if (failures < MAX_FAILURES) failures = 0;
      return whoAmI.kind === 'member' ? { kind: 'alive', whoAmI } : { kind: 'unproven' };
    } catch (error) {
      if (!(error instanceof UpstreamFailure)) throw error;
      failures += 1;
      if (failures === MAX_FAILURES)
        print(`AimHarder failed to answer ${MAX_FAILURES} times in a row. It is not asked again.`);
      return { kind: 'unasked' };
    }
  };
}
