import { randomBytes, timingSafeEqual } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { backUp } from './backup.ts';
import { DATA_FILES } from './data-files.ts';
import { listenOnLoopback } from './loopback.ts';

/**
 * Starts a server by which commands ask the running service for a copy of its data folder. A command needs the token, which is
 * in a file that only the folder's owner can read.
 *
 * @returns a function that stops the server and deletes the file.
 */
export async function startControl(dataDir: string): Promise<() => void> {
  const token = randomBytes(32).toString('base64url');
  const copy = join(dataDir, DATA_FILES.copy);
  // Backups run one after the other, because all of them write to the same folder.
  let lastBackup: Promise<void> = Promise.resolve();
  const server = createServer((request, response) => {
    if (!isBackup(request, token)) {
      response.writeHead(404).end();
      return;
    }
    lastBackup = lastBackup.then(async () => {
      try {
        rmSync(copy, { recursive: true, force: true });
        await backUp(dataDir, copy);
        response.writeHead(200).end();
      } catch (error) {
        response.writeHead(500).end(error instanceof Error ? error.message : 'The backup failed.');
      }
    });
  });
  const { url, stop } = await listenOnLoopback(server);
  const file = join(dataDir, DATA_FILES.control);
  writeFileSync(file, JSON.stringify({ url, token }), { mode: 0o600 });
  return () => {
    stop();
    rmSync(file, { force: true });
  };
}

function isBackup({ method, url, headers }: IncomingMessage, token: string): boolean {
  const [given, expected] = [headers.authorization ?? '', `Bearer ${token}`].map((text) => Buffer.from(text));
  return (
    method === 'POST' &&
    url === '/backup' &&
    given !== undefined &&
    expected !== undefined &&
    given.length === expected.length &&
    timingSafeEqual(given, expected)
  );
}
