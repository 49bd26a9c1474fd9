import { type AimHarder, type AimHarderSession, UpstreamFailure } from '../../../lib/aimharder/client.ts';

type Answers = {
  readonly updateToken?: (session: AimHarderSession) => unknown;
  readonly whoAmI?: (session: AimHarderSession) => unknown;
  readonly setRefresh?: (session: AimHarderSession) => unknown;
  readonly login?: (credentials: { email: string; password: string; fingerprint: string }) => unknown;
};

/** Fakes AimHarder's client with the answers that a test gives. Any other call fails the test. */
export function answering(answers: Answers): AimHarder {
  const unasked = async () => {
    throw new Error('the test gives no such answer');
  };
  return {
    updateToken: unasked,
    whoAmI: unasked,
    login: unasked,
    setRefresh: unasked,
    ...answers,
  } as unknown as AimHarder;
}

export const silent = async () => {
  throw new UpstreamFailure('upstream-timeout', 'AimHarder did not answer in time.', { mayHaveTakenEffect: true });
};

export const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
