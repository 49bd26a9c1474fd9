import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockDataDir } from '../../../infra/local/data-lock.ts';

/** How `npm start` ends. Each test starts it as a process, in a group of its own as a terminal would. */
let dataDir: string;
let started: ChildProcess | undefined;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'on-the-dot-signals-'));
});
afterEach(() => {
  try {
    if (started?.pid !== undefined) process.kill(-started.pid, 'SIGKILL');
  } catch {
    // The whole group has ended.
  }
  rmSync(dataDir, { recursive: true, force: true });
});

function run(command: string, args: readonly string[], environment: Record<string, string> = {}) {
  const child = spawn(command, args, {
    env: { ...process.env, npm_lifecycle_event: undefined, PORT: '0', DATA_DIR: dataDir, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  started = child;
  return { child, pid: Number(child.pid) };
}

const NODE = [process.execPath, ['infra/commands/start.ts']] as const;
/** Without the script that installs packages. */
const NPM = ['npm', ['start', '--ignore-scripts']] as const;

/** Waits until the service runs. @returns its address. */
async function address(child: ChildProcess): Promise<string> {
  let url = '';
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    url = /^On the Dot +(\S+)$/.exec(line)?.[1] ?? url;
    if (line.startsWith('Ctrl-C')) break;
  }
  child.stdout?.resume();
  child.stderr?.resume();
  return url;
}

/** Whether nothing answers any more and the data folder is free. */
async function expectReleased(url: string): Promise<void> {
  await expect
    .poll(() =>
      fetch(`${url}/v1/health`).then(
        () => 'answers',
        () => 'gone',
      ),
    )
    .toBe('gone');
  await expect
    .poll(() => {
      const unlock = lockDataDir(dataDir);
      unlock?.();
      return unlock !== undefined;
    })
    .toBe(true);
}

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
  'node ends cleanly at %s, also if npm sends it again',
  async (signal) => {
    const { child, pid } = run(...NODE);
    const url = await address(child);
    const gone = once(child, 'exit');

    process.kill(pid, signal);
    process.kill(pid, signal);

    expect(await gone).toEqual([0, null]);
    await expectReleased(url);
  },
);

test('a second Ctrl-C ends node at once', async () => {
  const { child, pid } = run(...NODE);
  const url = await address(child);
  const gone = once(child, 'exit');

  process.kill(pid, 'SIGINT');
  for (; child.exitCode === null && child.signalCode === null; await setTimeout(350)) process.kill(pid, 'SIGINT');

  await gone;
  await expectReleased(url);
});

test('node ends cleanly while it still starts', async () => {
  const { child, pid } = run(...NODE);
  const gone = once(child, 'exit');
  child.stdout?.resume();
  child.stderr?.resume();
  while (!existsSync(join(dataDir, 'lock.sqlite'))) await setTimeout(5);

  process.kill(pid, 'SIGTERM');

  expect(await gone).toEqual([0, null]);
  expect(lockDataDir(dataDir)).toBeDefined();
});

test.each([
  ['SIGTERM to npm alone', 'SIGTERM', 1],
  ['SIGHUP to npm alone', 'SIGHUP', 1],
  ['Ctrl-C in the terminal', 'SIGINT', -1],
  ['a closed terminal', 'SIGHUP', -1],
] as const)('%s ends the service too', async (_what, signal, pidSign) => {
  const { child, pid } = run(...NPM);
  const url = await address(child);

  process.kill(pidSign * pid, signal);

  await expectReleased(url);
});

test('an error that nobody handles does not end the service', async () => {
  const stray = `process.on('SIGUSR2', () => { Promise.reject(new Error('stray')); setImmediate(() => { throw new Error('thrown'); }); })`;
  const { child, pid } = run(...NODE, { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(stray)}` });
  const said: string[] = [];
  createInterface({ input: child.stderr as NodeJS.ReadableStream }).on('line', (line) => said.push(line));
  const url = await address(child);

  process.kill(pid, 'SIGUSR2');

  await expect.poll(() => said.join('\n')).toContain('thrown');
  expect(said.join('\n')).toContain('stray');
  expect((await fetch(`${url}/v1/health`)).status).toBe(200);
});
