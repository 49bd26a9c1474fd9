import { signal } from '@preact/signals';
import { type Failure, failureFrom } from './api.ts';
import { whenCleared } from './session.ts';

/** The state of an action of the member. The card or form with the action's key shows the state. */
export type ActionState =
  | { readonly kind: 'running' }
  /** The action runs again when the network is back. */
  | { readonly kind: 'waiting' }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly retry: () => void }
  | { readonly kind: 'done'; readonly note: string };

const states = signal<Readonly<Record<string, ActionState>>>({});

/** Runs a waiting action again: one function for each action that waits for the network, by the action's key. */
const waiting = new Map<string, () => void>();

export const actionState = (key: string): ActionState | undefined => states.value[key];

/** Sets the state of an action; without a state, clears it. Only an action in the state `waiting` runs again by itself. */
export function setActionState(key: string, state?: ActionState): void {
  const { [key]: _, ...others } = states.value;
  states.value = state ? { ...others, [key]: state } : others;
  if (state?.kind !== 'waiting') waiting.delete(key);
}

/** Whether an action runs, or waits for the network. A second one with its key would be ignored. */
export const isBusy = (key: string): boolean => ['running', 'waiting'].includes(states.value[key]?.kind ?? '');

/**
 * Runs an action of the member, and keeps its state under a key. If there is no network, the action runs again when the network is
 * back, unless the member withdraws it. While an action runs or waits, a second one with the same key is ignored: it would
 * replace the first.
 *
 * @param work returns a note to show when the action is done; undefined for none. What it sends was chosen at the tap, because the
 *   member may choose another person or box while it waits.
 * @param whenOffline `fail` shows the missing network as a failure, instead of waiting for it.
 */
export async function runAction(
  key: string,
  work: () => Promise<string | undefined>,
  whenOffline: 'wait' | 'fail' = 'wait',
): Promise<void> {
  if (isBusy(key)) return;
  setActionState(key, { kind: 'running' });
  const retry = () => {
    setActionState(key);
    void runAction(key, work, whenOffline);
  };
  try {
    const note = await work();
    setActionState(key, note === undefined ? undefined : { kind: 'done', note });
  } catch (error) {
    const failure = failureFrom(error);
    if (failure.kind === 'offline' && whenOffline === 'wait') {
      waiting.set(key, retry);
      setActionState(key, { kind: 'waiting' });
    } else setActionState(key, { kind: 'failed', failure, retry });
  }
}

/** Clears the failure of an action whose input changes: its repeat would send the earlier input. */
export function forgetFailure(key: string): void {
  if (states.value[key]?.kind === 'failed') setActionState(key);
}

/** Runs the actions that wait for the network again, as soon as the network is back. */
export function resumeWaiting(): void {
  // A copy, because each action removes itself from the map.
  for (const retry of [...waiting.values()]) retry();
}

whenCleared(() => {
  waiting.clear();
  states.value = {};
});
