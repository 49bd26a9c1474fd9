import { type AimHarder, UpstreamFailure, type WhoAmI } from '../../../lib/aimharder/client.ts';
import type { OldSession } from './old-row.ts';

export type Proof =
  | { readonly kind: 'alive'; readonly whoAmI: Extract<WhoAmI, { kind: 'member' }> }
  /** AimHarder knows it no longer, or was not to be asked. */
  | { readonly kind: 'unproven' }
  /** AimHarder gave no answer: the session may live. */
  | { readonly kind: 'unasked' };

export type Prove = (session: OldSession) => Promise<Proof>;

const PATIENCE = 10_000;
/** So many failures in a row are AimHarder's, not the sessions'. */
const MOST_FAILURES = 20;

/**
 * Proves sessions alive, which changes nothing at AimHarder; after many failures in a row it asks no more.
 *
 * @param aimHarder without it nothing is asked.
 */
export function prover(aimHarder: Pick<AimHarder, 'whoAmI'> | undefined, say: (line: string) => void): Prove {
  let failures = 0;
  return async ({ fingerprint, token, cookies }: OldSession): Promise<Proof> => {
    if (!aimHarder) return { kind: 'unproven' };
    if (failures >= MOST_FAILURES) return { kind: 'unasked' };
    try {
      const session = { fingerprint: fingerprint ?? '', token, cookies };
      const whoAmI = await aimHarder.whoAmI(session, AbortSignal.timeout(PATIENCE));
      if (failures < MOST_FAILURES) failures = 0;
      return whoAmI.kind === 'member' ? { kind: 'alive', whoAmI } : { kind: 'unproven' };
    } catch (error) {
      if (!(error instanceof UpstreamFailure)) throw error;
      failures += 1;
      if (failures === MOST_FAILURES)
        say(`AimHarder could not be asked ${MOST_FAILURES} times in a row, and is asked no more.`);
      return { kind: 'unasked' };
    }
  };
}
