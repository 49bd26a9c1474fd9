import type { Publish } from '../events/event-bus.ts';
import type { Relogin } from '../login/relogin.ts';
import type { Logger } from '../platform/logger.ts';
import type { BackgroundSession, Session } from '../sessions/session.ts';
import { loginRequired } from '../sessions/session-events.ts';
import type { SessionState } from '../sessions/session-state.ts';

/**
 * Handles a background session that AimHarder has ended. Each Lambda function is composed with one of the recoveries below.
 *
 * @returns the session, if it is active again.
 */
export type Recovery = (dead: BackgroundSession, signal: AbortSignal) => Promise<Session | undefined>;

type NotifyDeps = {
  readonly publish: Publish;
  readonly state: Pick<SessionState, 'markNotified'>;
  readonly logger: Logger;
};

/** Does nothing. The dead session stays in the timing wheel: the next run of its slot recovers it or notifies its member. */
export const leaveToWheel: Recovery = async () => undefined;

/** Logs in again with a kept password. If that fails, leaves the session to the timing wheel. */
export const reloginOrLeaveToWheel =
  (relogin: Relogin): Recovery =>
  async (dead, signal) => {
    const outcome = await relogin(dead, signal);
    return outcome.kind === 'logged-in' ? outcome.session : undefined;
  };

/**
 * Logs in again with a kept password, and notifies the member if that fails. The session stays in the timing wheel until its
 * member has been notified and nothing is left to try.
 */
export const reloginOrNotify =
  ({ relogin, ...deps }: NotifyDeps & { readonly relogin: Relogin }): Recovery =>
  async (dead, signal) => {
    const outcome = await relogin(dead, signal);
    if (outcome.kind === 'logged-in') return outcome.session;
    // `changed`: another caller is logging in, or has replaced the dead session, so the member needs no notice.
    if (outcome.kind !== 'changed') await notify(deps, dead, outcome.kind === 'unrecoverable');
    return undefined;
  };

/**
 * Publishes `Session LoginRequired` at least once: records the event as published only after the bus has accepted it. That write
 * also takes an unrecoverable session out of the timing wheel.
 */
async function notify({ publish, state, logger }: NotifyDeps, dead: BackgroundSession, isUnrecoverable: boolean) {
  if (dead.notificationPending) {
    try {
      await publish(loginRequired(dead));
    } catch (error) {
      logger.error('event-not-published', error);
      return;
    }
  }
  if (dead.notificationPending || isUnrecoverable) await state.markNotified(dead, isUnrecoverable);
}
