import { createSecretKey, randomBytes } from 'node:crypto';
import type { Clock, Instant } from '../../../lib/platform/clock.ts';
import type { Documents } from '../../../lib/platform/dynamodb.ts';
import { systemClock } from '../../../lib/platform/system-clock.ts';
import { leaveToWheel } from '../../../lib/refresh/recover-session.ts';
import { SessionRefresher, type SessionRefresherDeps } from '../../../lib/refresh/refresh-session.ts';
import { generateBackgroundFingerprint } from '../../../lib/sessions/fingerprint.ts';
import { LoginWrites } from '../../../lib/sessions/login-writes.ts';
import type { NewSession } from '../../../lib/sessions/new-session.ts';
import { ReloginWrites } from '../../../lib/sessions/relogin-writes.ts';
import { SessionState } from '../../../lib/sessions/session-state.ts';
import { SessionStore } from '../../../lib/sessions/session-store.ts';
import { SessionTokens } from '../../../lib/sessions/session-tokens.ts';
import { quiet } from '../aimharder/upstream.ts';
import { startDynamo } from '../platform/dynamo.ts';

export const START: Instant = Date.UTC(2026, 2, 20, 12);
export const SALT = 'salt-of-the-store-tests';

/** Creates a clock that only the test moves. */
export function steppedClock(start: Instant = START): Clock & { advance(millis: number): void } {
  let now = start;
  return {
    now: () => now,
    monotonic: () => now,
    until: async (tick) => {
      now = Math.max(now, tick);
    },
    // Answers over real sockets take real time, so their timeouts do too.
    timeout: systemClock.timeout,
    advance: (millis) => {
      now += millis;
    },
  };
}

export const storeKeys = { current: 'k1', keys: new Map([['k1', createSecretKey(randomBytes(32))]]) };

/** Creates the session stores on a real engine. */
export function sessionStores(documents: Documents, clock: Clock) {
  const sessions = new SessionStore({ documents, table: 'sessions', clock, logger: quiet });
  const parts = {
    ...{ documents, table: 'sessions', clock, sessions, refreshPartitions: 8 },
    secrets: async () => ({ fingerprintSalt: SALT, keys: storeKeys }),
  };
  return {
    sessions,
    tokens: new SessionTokens(parts),
    state: new SessionState(parts),
    logins: new LoginWrites(parts),
    relogins: new ReloginWrites(parts),
  };
}

type UpstreamParts = Pick<ReturnType<typeof sessionStores>, 'sessions' | 'tokens' | 'state'> &
  Pick<SessionRefresherDeps, 'aimHarder' | 'clock'> &
  Partial<Pick<SessionRefresherDeps, 'logger' | 'measure' | 'recover'>>;

/** Creates the dependencies for calling AimHarder. By default, dead sessions are left to the timing wheel. */
export function memberUpstream(parts: UpstreamParts) {
  const deps = { logger: quiet, measure: () => undefined, recover: leaveToWheel, ...parts };
  return { ...deps, refresher: new SessionRefresher(deps) };
}

export async function startSessionWorld() {
  const { documents, stop } = await startDynamo();
  const clock = steppedClock();
  return { documents, clock, stop, ...sessionStores(documents, clock) };
}

const cookies = [
  { name: 'amhrdrauth', value: 'auth' },
  { name: 'PHPSESSID', value: 'php' },
];
const boxes = [{ box: 'crossfit-demo', boxId: '9818', name: 'Demo' }];

export const device = (email: string, fingerprint: string, token = `token-of-${fingerprint}`): NewSession => ({
  email,
  fingerprint,
  token,
  cookies,
  boxes,
  device: { accessTokenHash: 'hash', name: null },
});

export const background = (email: string, token = 'token-of-background'): NewSession => ({
  email,
  fingerprint: generateBackgroundFingerprint(email, SALT),
  token,
  cookies,
  boxes,
});

let members = 0;

/** Creates a member, and stores whose clock only the test moves. */
export function newMember(documents: Documents) {
  members += 1;
  const clock = steppedClock();
  return { email: `member-${members}@example.com`, clock, ...sessionStores(documents, clock) };
}

export const defined = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error('expected something');
  return value;
};
