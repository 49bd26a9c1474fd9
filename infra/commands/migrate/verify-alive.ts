import { type AimHarder, UpstreamFailure, type WhoAmI } from '../../../lib/aimharder/client.ts';
import { SECOND } from '../../../lib/platform/clock.ts';
import type { OldSession } from './old-row.ts';

/** AimHarder's answer about a session. */
export type Proof =
  | { readonly kind: 'alive'; readonly whoAmI: Extract<WhoAmI, { kind: 'member' }> }
  /** The session is dead, or the import does not ask AimHarder at all. */
  | { readonly kind: 'unproven' }
  /** AimHarder gave no answer, or was not asked because it had failed too often. The session may be alive. */
  | { readonly kind: 'unanswered' };

export type VerifyAlive = (session: OldSession) => Promise<Proof>;

/** How long one answer may take, in milliseconds. */
const TIMEOUT = 10 * SECOND;
/** How many failures in a row show that AimHarder, and not a session, is the cause. */
const MAX_FAILURES = 20;

/**
 * Creates a function that proves a session with whoami, which changes nothing at AimHarder. After 20 failures in a row, the
 * function asks no more.
 *
 * @param aimHarder if undefined, every session is unproven.
 */
export function createAliveVerifier(
  aimHarder: Pick<AimHarder, 'whoAmI'> | undefined,
  print: (line: string) => void,
): VerifyAlive {
  let failures = 0;
  return async ({ fingerprint, token, cookies }: OldSession): Promise<Proof> => {
    if (!aimHarder) return { kind: 'unproven' };
    if (failures >= MAX_FAILURES) return { kind: 'unanswered' };
    try {
      // whoami sends only the cookies, so the fingerprint may be empty.
      const credentials = { fingerprint: fingerprint ?? '', token, cookies };
      const whoAmI = await aimHarder.whoAmI(credentials, AbortSignal.timeout(TIMEOUT));
      // Members are imported concurrently, so this answer may come after the 20th failure. It must not reset the count then.
      if (failures < MAX_FAILURES) failures = 0;
      return whoAmI.kind === 'member' ? { kind: 'alive', whoAmI } : { kind: 'unproven' };
    } catch (error) {
      if (!(error instanceof UpstreamFailure)) throw error;
      failures += 1;
      if (failures === MAX_FAILURES)
        print(`AimHarder failed to answer ${MAX_FAILURES} times in a row (${error.reason}). It is not asked again.`);
      return { kind: 'unanswered' };
    }
  };
}
