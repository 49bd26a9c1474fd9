/* The only file of the page that reads the browser's clock and sets timers. */

/** Returns the browser's time, in epoch milliseconds. It may be wrong by any amount; `state/server-clock.ts` corrects it. */
export const browserNow = (): number => Date.now();

/** Runs a function after a delay; a negative delay counts as 0. @returns a function that cancels the timer. */
export function after(milliseconds: number, run: () => void): () => void {
  const timer = setTimeout(run, Math.max(0, milliseconds));
  return () => clearTimeout(timer);
}
