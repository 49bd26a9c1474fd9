import { type AimHarder, type AimHarderSession, UpstreamFailure } from '../../../lib/aimharder/client.ts';

type Answers = {
  readonly updateToken?: (session: AimHarderSession) => unknown;
  readonly whoAmI?: (session: AimHarderSession) => unknown;
  readonly setRefresh?: (session: AimHarderSession) => unknown;
  readonly login?: (credentials: { email: string; password: string; fingerprint: string }) => unknown;
};

/** An AimHarder as its client shows it, of which a test gives the answers it needs; any other is a fault of the test. */
export function answering(answers: Answers): AimHarder {
  const unasked = async () => {
    throw new Error('the test gives no such answer');
  };
  return { updateToken: unasked, whoAmI: unasked, login: unasked, ...answers } as unknown as AimHarder;
}

export const silent = async () => {
  throw new UpstreamFailure('upstream-timeout', 'AimHarder did not answer in time.', { mayHaveBeenSent: true });
};

export const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
