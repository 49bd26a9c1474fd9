import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** Starts the service, and adds what it logs to a file. @param args those of `npm start`. */
export async function startService(
  folder: string,
  log: string,
  settings: Readonly<Record<string, string>> = {},
  args: readonly string[] = [],
): Promise<{ readonly child: ChildProcess; readonly url: string }> {
  const child = spawn(process.execPath, ['infra/commands/start.ts', ...args], {
    env: { ...process.env, PORT: '0', DATA_DIR: folder, ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.stdout.pipe(createWriteStream(log, { flags: 'a' }));
  const url = await new Promise<string>((resolve, reject) => {
    child.once('exit', () => reject(new Error('The service did not start.')));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [, address] = /^On the Dot +(\S+)$/.exec(line) ?? [];
      if (address) resolve(address);
    });
  });
  return { child, url };
}

export async function stopService(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

/** Adds up the resident memory of the process and its children, in MB. */
export function rssMb({ pid }: ChildProcess): number {
  const processes = execFileSync('ps', ['-eo', 'pid=,ppid=,rss='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const own = processes.filter(([id, parent]) => id === pid || parent === pid);
  return Math.round(own.reduce((sum, [, , rss = 0]) => sum + rss, 0) / 1024);
}
