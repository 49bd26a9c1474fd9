import { execFileSync } from 'node:child_process';
import type { Instant } from '../../lib/platform/clock.ts';
import { systemClock as clock } from '../../lib/platform/system-clock.ts';

/** The signals that ask the process to end: `kill`, Ctrl-C, and a terminal that is closed. */
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** After how many milliseconds the process exits, even if a step of the shutdown has not ended. */
const MAX_SHUTDOWN_MS = 10_000;

/** Signals within this time count as one, in milliseconds: at a Ctrl-C, npm passes on the signal that the terminal also sends. */
const SAME_SIGNAL_MS = 300;

/** How often the process checks whether npm still runs, in milliseconds. */
const PARENT_CHECK_MS = 500;

/** Ends the process in order: the part that was started last is stopped first. */
export class Shutdown {
  readonly #steps: (() => unknown)[] = [];
  /** When the shutdown began, on the monotonic clock. */
  #beganAt: Instant | undefined;

  /** Adds a step, which stops or releases something. */
  add(step: () => unknown): void {
    this.#steps.unshift(step);
  }

  /**
   * Shuts down at the first signal, even during the start, and exits at once at a second signal. npm passes a signal on to its
   * shell only, if at all. So the process also shuts down when npm or that shell has ended.
   */
  watch(): void {
    for (const signal of SIGNALS) process.on(signal, () => this.#handleSignal());
    const isStartedByNpm = process.env['npm_lifecycle_event'] !== undefined;
    if (!isStartedByNpm) return;
    const parent = process.ppid;
    const npm = findNpm(parent);
    const checkParents = () => {
      if (process.ppid !== parent || !isAlive(npm)) this.#begin();
    };
    setInterval(checkParents, PARENT_CHECK_MS).unref();
  }

  #handleSignal(): void {
    if (this.#beganAt !== undefined && clock.monotonic() - this.#beganAt > SAME_SIGNAL_MS) process.exit(1);
    this.#begin();
  }

  #begin(): void {
    if (this.#beganAt !== undefined) return;
    this.#beganAt = clock.monotonic();
    void this.#runSteps();
  }

  async #runSteps(): Promise<void> {
    setTimeout(() => process.exit(1), MAX_SHUTDOWN_MS).unref();
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

/** Finds npm's process: the parent, or the parent of the shell that npm has started. */
function findNpm(parent: number): number {
  try {
    const line = execFileSync('ps', ['-o', 'ppid=,comm=', '-p', String(parent)], { encoding: 'utf8' }).trim();
    const [, grandparent, command = ''] = /^(\d+) (.*)$/.exec(line) ?? [];
    const isShell = /(?:^|\/)(?:sh|bash|dash|zsh|ksh|ash)$/.test(command);
    return isShell ? Number(grandparent) : parent;
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
    // EPERM: the process is alive, but this one may not signal it.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * Keeps the process running after an unhandled error: members' pre-bookings depend on it, and perhaps no operator is there to start
 * it again. Also keeps the process running when no terminal reads its output any more.
 */
export function surviveErrors(): void {
  const report = (error: unknown) => {
    const { name, message, stack } = error instanceof Error ? error : new Error('No error was given.');
    console.error(JSON.stringify({ level: 'ERROR', event: 'unexpected-error', error: name, message, stack }));
  };
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  process.on('uncaughtException', report).on('unhandledRejection', report);
}
