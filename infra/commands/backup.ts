import { cpSync, existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as z from 'zod/mini';
import { DATA_FILES, dataDirFrom } from '../local/data-files.ts';
import { lockDataDir } from '../local/data-lock.ts';
import { syncFolder } from '../local/sync-folder.ts';

const USAGE = `npm run backup -- <folder>
  Copies the data folder (DATA_DIR) into a new folder; the service may be running. To run the service from the copy, on this or
  another machine, stop the original service first, then start one with DATA_DIR set to the copy: two services would fire the
  same pre-bookings.`;

/** The file in which a running service tells its address and token to commands like this one. */
const Control = z.object({ url: z.string(), token: z.string() });

/** What this command leaves out if it copies the data folder itself. A running service makes the copy (local/backup.ts). */
const LEFT_OUT = [DATA_FILES.bundles, DATA_FILES.lock, DATA_FILES.control, DATA_FILES.copy];

/** `npm run backup`: copies the data folder. @returns the message for the operator. @throws Error with the message to print. */
async function backup(argv: readonly string[], dataDir: string): Promise<string> {
  const [folder, ...extra] = argv;
  if (folder === undefined || extra.length > 0) throw new Error(USAGE);
  const target = resolve(folder);
  if (!existsSync(dataDir)) throw new Error(`There is no data folder ${dataDir}. Set DATA_DIR.`);
  if (existsSync(target)) throw new Error(`${target} exists. Name a new folder.`);
  const unlock = lockDataDir(dataDir);
  // The copy gets its final name only when it is complete.
  const unfinished = `${target}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  try {
    // Without the lock, the data folder is in use, so its user makes the copy.
    if (unlock) copy(dataDir, unfinished, LEFT_OUT);
    else await moveCopy(dataDir, unfinished);
    syncFolder(unfinished);
    renameSync(unfinished, target);
  } catch (error) {
    // A part of a copy would only take space, and the disk may be full.
    rmSync(unfinished, { recursive: true, force: true });
    throw error;
  } finally {
    unlock?.();
  }
  return `The data folder ${dataDir} is copied to ${target}.`;
}

/** Lets the running service copy its data folder, and moves that copy to the target. */
async function moveCopy(dataDir: string, target: string): Promise<void> {
  const own = join(dataDir, DATA_FILES.copy);
  await askForCopy(dataDir);
  try {
    copy(own, target, []);
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

const copy = (from: string, to: string, leftOut: readonly string[]): void =>
  cpSync(from, to, {
    recursive: true,
    preserveTimestamps: true,
    filter: (path) => !leftOut.some((name) => path === join(from, name)),
  });

/** Asks the running service to copy its data folder, into a subfolder of that folder. */
async function askForCopy(dataDir: string): Promise<void> {
  const controlFile = join(dataDir, DATA_FILES.control);
  if (!existsSync(controlFile))
    throw new Error(`Another command works on ${dataDir}, or the service is just starting. Try again.`);
  const { url, token } = Control.parse(JSON.parse(readFileSync(controlFile, 'utf8')));
  const answer = await fetch(`${url}/backup`, { method: 'POST', headers: { authorization: `Bearer ${token}` } });
  if (!answer.ok) throw new Error(`The service could not copy its data folder: ${await answer.text()}`);
}

try {
  console.log(await backup(process.argv.slice(2), dataDirFrom(process.env)));
} catch (error) {
  console.error(error instanceof Error ? error.message : 'The backup failed.');
  process.exitCode = 1;
}
