import { randomInt } from 'node:crypto';
import { LIMITS } from '../platform/limits.ts';
import { settleAll } from '../platform/settle-all.ts';
import type { DeviceSession } from '../sessions/session.ts';
import type { SessionState } from '../sessions/session-state.ts';
import type { SessionStore } from '../sessions/session-store.ts';

export type DeviceLimitDeps = {
  readonly sessions: Pick<SessionStore, 'getDeviceSessions'>;
  readonly state: Pick<SessionState, 'markReplaced'>;
  /** Ends the push messages to a member's device. */
  readonly endPush: (email: string, fingerprint: string) => Promise<void>;
};

/** How many sessions a login ends in one round, and its most rounds. If hundreds of logins come at once, they share the work. */
const ENDED_IN_A_ROUND = 25;
const ROUNDS = 4;

/**
 * Ends a member's oldest device sessions, and the push messages to those devices, until the limit is met. Each login calls this
 * function after it has stored its own session.
 */
export async function endSurplusDevices({ sessions, state, endPush }: DeviceLimitDeps, email: string): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    const surplus = (await sessions.getDeviceSessions(email)).toSorted(newestFirst).slice(LIMITS.deviceSessions);
    if (surplus.length === 0) return;
    // Simultaneous logins see the same sessions. Each begins at a random one, so they end different ones.
    const start = randomInt(surplus.length);
    const chosen = [...surplus.slice(start), ...surplus.slice(0, start)].slice(0, ENDED_IN_A_ROUND);
    await settleAll(
      chosen.map(async (session) => {
        // The push messages end first: if ending them fails, the session stays, and the next login tries again.
        await endPush(email, session.fingerprint);
        await state.markReplaced(session);
      }),
    );
  }
}

const newestFirst = (left: DeviceSession, right: DeviceSession): number =>
  right.createdAt - left.createdAt || left.fingerprint.localeCompare(right.fingerprint);
