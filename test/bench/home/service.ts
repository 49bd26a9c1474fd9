import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** Starts the service, and keeps what it logs in a file. */
export async function startService(
  folder: string,
  log: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<{ readonly child: ChildProcess; readonly url: string }> {
  const child = spawn(process.execPath, ['infra/commands/start.ts'], {
    env: { ...process.env, PORT: '0', DATA_DIR: folder, ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.stdout.pipe(createWriteStream(log));
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
