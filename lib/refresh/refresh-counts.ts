import type { RefreshOutcome } from './refresh-session.ts';

/** `dead`: it waits for a login. `busy`: another caller has the turn. `left`: the time was up. */
export type RefreshCounts = Record<
  'refreshed' | 'provenByWhoami' | 'healed' | 'ended' | 'failed' | 'held' | 'busy' | 'dead' | 'gone' | 'left',
  number
>;

export function countedAs(outcome: RefreshOutcome): keyof RefreshCounts {
  switch (outcome.kind) {
    case 'refreshed':
      if (outcome.via === 'login') return 'healed';
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
  healed: 0,
  ended: 0,
  failed: 0,
  held: 0,
  busy: 0,
  dead: 0,
  gone: 0,
  left: 0,
});
