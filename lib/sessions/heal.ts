import { type AimHarder, UpstreamFailure } from '../aimharder/client.ts';
import type { Logger } from '../platform/logger.ts';
import type { Credentials } from './credentials.ts';
import type { BackgroundSession, Session } from './session.ts';
import type { SessionTokens } from './session-tokens.ts';

/** Logs a dead background session in again. @returns the live session, or undefined when that cannot be done. */
export type Heal = (dead: BackgroundSession, signal: AbortSignal) => Promise<Session | undefined>;

type HealDeps = {
  readonly aimHarder: AimHarder;
  readonly tokens: SessionTokens;
  readonly credentials: Credentials;
  readonly logger: Logger;
};

/**
 * Heals the sessions of members who let their password be kept, at most twice an hour each. A password that AimHarder
 * no longer accepts is forgotten at once, so that it is never tried again.
 */
export const healer =
  ({ aimHarder, tokens, credentials, logger }: HealDeps): Heal =>
  async (dead, signal) => {
    const { email, fingerprint } = dead;
    const password = await credentials.passwordOf(email);
    if (password === undefined || !(await credentials.takeLogin(email))) return undefined;
    try {
      const answer = await aimHarder.login({ email, password, fingerprint }, signal);
      if (answer.kind === 'wrong-credentials') {
        await credentials.forget(email);
        logger.warn('session-not-healed', { reason: answer.kind });
        return undefined;
      }
      const session = await tokens.replaceDead(dead, { email, ...answer.session, boxes: answer.boxes });
      if (session) logger.info('session-healed');
      return session;
    } catch (error) {
      if (!(error instanceof UpstreamFailure)) throw error;
      logger.warn('session-not-healed', { reason: error.code });
      return undefined;
    }
  };
