import { type Instant, SECOND } from '../../lib/platform/clock.ts';
import { systemClock as clock } from '../../lib/platform/system-clock.ts';
import type { Simulator } from '../simulator/control.ts';

/** Whether the output is a terminal, in which the countdown can rewrite its line. */
const isTerminal = process.stdout.isTTY;

const neverAborted = new AbortController().signal;

/** Counts down to the opening on the simulator's clock, and ends a second after it. */
export async function countDown(simulator: Simulator, opensAt: Instant): Promise<void> {
  for (;;) {
    const msLeft = opensAt - simulator.now();
    if (msLeft < -SECOND) break;
    const seconds = Math.ceil(msLeft / SECOND);
    if (isTerminal)
      rewriteLine(msLeft > 0 ? `opens in ${String(seconds).padStart(2)} s ${'·'.repeat(seconds)}` : 'open!');
    // Elsewhere, such as in a log file, a line is printed every 10 s, and for each of the last seconds.
    else if (seconds % 10 === 0 || (seconds <= 3 && seconds >= 0))
      console.log(`   ${msLeft > 0 ? `opens in ${seconds} s` : 'open!'}`);
    await clock.until(clock.monotonic() + (isTerminal ? SECOND / 10 : SECOND), neverAborted);
  }
  if (isTerminal) console.log();
}

/** Writes over the current line of the terminal, and clears the rest of it. */
const rewriteLine = (text: string) => process.stdout.write(`\r   ${text}\x1b[K`);
