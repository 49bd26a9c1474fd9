/* The only file of the page that reads the browser's clock and sets timers. */

/** The browser's own time, in epoch milliseconds. It may be wrong by any amount: `state/server-clock.ts` corrects it. */
export const browserNow = (): number => Date.now();

/** Runs something later. @returns a function that prevents it. */
export function after(milliseconds: number, run: () => void): () => void {
  const timer = setTimeout(run, Math.max(0, milliseconds));
  return () => clearTimeout(timer);
}
