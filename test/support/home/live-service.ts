import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { boundPort } from '../../../infra/local/loopback.ts';
import { journal } from '../stories/journal.ts';

export type LiveService = Awaited<ReturnType<typeof startLive>>;

/** Finds a port that is free, and stays so for a service that is started on it again. */
export async function freePort(): Promise<number> {
  for (;;) {
    // Below the ports that the system gives to others.
    const port = 12_000 + Math.floor(Math.random() * 18_000);
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => boundPort(server) === port,
      () => false,
    );
    server.close();
    if (isFree) return port;
  }
}

/** Starts `npm start -- --live`, without npm. */
export async function startLive(environment: Record<string, string>) {
  const child: ChildProcess = spawn(process.execPath, ['infra/commands/start.ts', '--live'], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (!child.stdout) throw new Error('The service has no output.');
  const { write, lines, logged } = journal();
  const input = child.stdout;
  await new Promise<void>((resolve, reject) => {
    child.once('exit', () => reject(new Error('The service did not start.')));
    createInterface({ input }).on('line', (line) => {
      write(line);
      if (line.startsWith('Ctrl-C')) resolve();
    });
  });
  async function end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }
  return {
    lines,
    logged,
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
  };
}
