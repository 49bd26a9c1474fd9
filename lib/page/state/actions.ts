import { signal } from '@preact/signals';
import { type Failure, failureFrom } from './api.ts';
import { whenCleared } from './session.ts';

/** How an action of the member stands. It is shown where it was started, under that place's key. */
export type ActionState =
  | { readonly kind: 'running' }
  | { readonly kind: 'waiting' }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly again: () => void }
  | { readonly kind: 'done'; readonly note: string };

const states = signal<Readonly<Record<string, ActionState>>>({});

/** The actions that wait for the network, by their keys. */
const waiting = new Map<string, () => void>();

export const actionState = (key: string): ActionState | undefined => states.value[key];

/** Sets the state of an action; without a state, clears it. */
export function settle(key: string, state?: ActionState): void {
  const { [key]: _, ...others } = states.value;
  states.value = state ? { ...others, [key]: state } : others;
  if (state?.kind !== 'waiting') waiting.delete(key);
}

/**
 * Does something for the member, and shows under the key that it runs, waits for the network, or has failed. Without a network
 * it is done when the network is back, unless the member takes it back.
 *
 * @param work returns what to say when it is done, or nothing.
 */
export async function act(key: string, work: () => Promise<string | undefined>): Promise<void> {
  if (states.value[key]?.kind === 'running') return;
  settle(key, { kind: 'running' });
  const again = () => void act(key, work);
  try {
    const note = await work();
    settle(key, note === undefined ? undefined : { kind: 'done', note });
  } catch (error) {
    const failure = failureFrom(error);
    if (failure.kind === 'offline') {
      waiting.set(key, again);
      settle(key, { kind: 'waiting' });
    } else settle(key, { kind: 'failed', failure, again });
  }
}

/** Runs the actions that wait for the network. */
export function resumeWaiting(): void {
  for (const again of [...waiting.values()]) again();
}

whenCleared(() => {
  waiting.clear();
  states.value = {};
});
