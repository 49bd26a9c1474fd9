import { systemClock } from '../../../lib/platform/system-clock.ts';

export type HeldDeadlines = ReturnType<typeof heldDeadlines>;

/** Deadlines that pass only when the test says so. What waits for them may take as long as it needs on a slow machine. */
export function heldDeadlines() {
  let now = 0;
  const pending: { readonly at: number; readonly end: AbortController }[] = [];
  const timeout = (millis: number): AbortSignal => {
    const end = new AbortController();
    pending.push({ at: now + millis, end });
    return end.signal;
  };
  return {
    clock: { ...systemClock, timeout },
    /** Lets some milliseconds pass. */
    pass(millis: number): void {
      now += millis;
      for (const { at, end } of pending) if (at <= now) end.abort(new DOMException('late', 'TimeoutError'));
    },
  };
}
