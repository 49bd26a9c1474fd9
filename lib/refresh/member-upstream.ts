import type { AimHarder } from '../aimharder/client.ts';
import type { Clock } from '../platform/clock.ts';
import type { SessionStore } from '../sessions/session-store.ts';
import type { SessionTokens } from '../sessions/session-tokens.ts';
import type { SessionRefresher } from './refresh-session.ts';

/** Dependencies for calling AimHarder on a member's behalf. */
export type MemberUpstream = {
  readonly aimHarder: AimHarder;
  readonly sessions: SessionStore;
  readonly tokens: Pick<SessionTokens, 'decrypt'>;
  /** Keeps the member's session usable between calls. */
  readonly refresher: SessionRefresher;
  readonly clock: Clock;
};
