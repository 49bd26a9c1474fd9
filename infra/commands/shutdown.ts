import { execFileSync } from 'node:child_process';
import type { Instant } from '../../lib/platform/clock.ts';
import { systemClock as clock } from '../../lib/platform/system-clock.ts';

/** The signals that ask the process to end: `kill`, Ctrl-C, and a terminal that is closed. */
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** How long the end may take, in milliseconds. The kernel releases the rest. */
const MAX_END_MS = 10_000;

/** Signals within this time are one, in milliseconds: at a Ctrl-C, npm passes on a signal that the terminal has sent already. */
const SAME_SIGNAL_MS = 300;

/** How often the process looks whether npm is still there, in milliseconds. */
const PARENT_CHECK_MS = 500;

/** Ends the process in order: what was started last is stopped first. */
export class Shutdown {
  readonly #steps: (() => unknown)[] = [];
  #endsSince: Instant | undefined;

  /** Adds what the end has to stop or release. */
  add(step: () => unknown): void {
    this.#steps.unshift(step);
  }

  /**
   * Ends the process at the first signal, also while it still starts; at a second one it ends at once. npm passes a signal on
   * to its shell at most, so the process also ends when npm or the shell is gone.
   */
  watch(): void {
    for (const signal of SIGNALS) process.on(signal, () => this.#handleSignal());
    if (process.env['npm_lifecycle_event'] === undefined) return;
    const parent = process.ppid;
    const npm = findNpm(parent);
    setInterval(() => (process.ppid !== parent || !isAlive(npm)) && this.#begin(), PARENT_CHECK_MS).unref();
  }

  #handleSignal(): void {
    if (this.#endsSince !== undefined && clock.monotonic() - this.#endsSince > SAME_SIGNAL_MS) process.exit(1);
    this.#begin();
  }

  #begin(): void {
    if (this.#endsSince !== undefined) return;
    this.#endsSince = clock.monotonic();
    void this.#runSteps();
  }

  async #runSteps(): Promise<void> {
    setTimeout(() => process.exit(1), MAX_END_MS).unref();
    let code = 0;
    for (const step of this.#steps) {
      try {
        await step();
      } catch {
        code = 1;
      }
    }
    process.exit(code);
  }
}

/** Finds npm's process: the parent, or that of the shell which npm has started. */
function findNpm(parent: number): number {
  try {
    const line = execFileSync('ps', ['-o', 'ppid=,comm=', '-p', String(parent)], { encoding: 'utf8' }).trim();
    const [, grandparent, command = ''] = /^(\d+) (.*)$/.exec(line) ?? [];
    return /(?:^|\/)(?:ba|da|z|k|a)?sh$/.test(command) ? Number(grandparent) : parent;
  } catch {
    // Windows has no `ps`.
    return parent;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process that may not be signalled lives.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * Keeps the process running when an error has been left unhandled: what runs beside it is worth more than a clean state, and
 * nobody may be there to start the process again. Also keeps it running when nobody reads what it writes.
 */
export function surviveErrors(): void {
  const report = (error: unknown) => {
    const { name, message, stack } = error instanceof Error ? error : new Error('No error was given.');
    console.error(JSON.stringify({ level: 'ERROR', event: 'unexpected-error', error: name, message, stack }));
  };
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  process.on('uncaughtException', report).on('unhandledRejection', report);
}
