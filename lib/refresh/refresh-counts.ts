import type { RefreshOutcome } from './refresh-session.ts';

/**
 * How many sessions of a run had which outcome. `provenByWhoami`: AimHarder did not renew the token, but showed that the session
 * is alive. `loggedInAgain`: the session was dead, and a kept password has revived it. `ended`: the refresh has found the
 * session ended. `failed`: AimHarder gave no usable answer, or an error occurred. `reserved`: a firing uses the session.
 * `locked`: another caller was refreshing the session. `needLogin`: the session was dead before the run, and could not be
 * recovered. `gone`: the session was deleted or replaced. `notStarted`: the run had no time left.
 */
export type RefreshCounts = Record<
  | 'refreshed'
  | 'provenByWhoami'
  | 'loggedInAgain'
  | 'ended'
  | 'failed'
  | 'reserved'
  | 'locked'
  | 'needLogin'
  | 'gone'
  | 'notStarted',
  number
>;

/** Chooses the count for an outcome. */
export function toCountName(outcome: RefreshOutcome): keyof RefreshCounts {
  switch (outcome.kind) {
    case 'refreshed':
      if (outcome.via === 'login') return 'loggedInAgain';
      return outcome.via === 'whoami' ? 'provenByWhoami' : 'refreshed';
    case 'changed':
      return 'gone';
    case 'ended':
    case 'failed':
      return outcome.kind;
  }
}

export const noCounts = (): RefreshCounts => ({
  refreshed: 0,
  provenByWhoami: 0,
  loggedInAgain: 0,
  ended: 0,
  failed: 0,
  reserved: 0,
  locked: 0,
  needLogin: 0,
  gone: 0,
  notStarted: 0,
});
