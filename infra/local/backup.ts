import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DATA_FILES } from './data-files.ts';
import { copyStore, hasOpenStore } from './engine-stores.ts';
import { syncFolder } from './sync-folder.ts';

/**
 * Copies the data folder of this process while the process runs. All files of the copy are of one instant. The copy is therefore
 * as if the process had been killed at that instant, and the service can start from such a folder. If the copy fails, deletes what
 * there is of it: the disk may be full.
 *
 * @param target the folder of the copy, which must not exist yet.
 */
export async function backUp(dataDir: string, target: string): Promise<void> {
  try {
    await copyAll(dataDir, target);
  } catch (error) {
    rmSync(target, { recursive: true, force: true });
    throw error;
  }
}

/** Copies the files. All writes go through this process, which runs no other code before the `await`, so all are of one instant. */
async function copyAll(dataDir: string, target: string): Promise<void> {
  const names = readdirSync(dataDir);
  mkdirSync(target, { mode: 0o700 });
  for (const name of names) {
    // Folders are left out too: the database is copied below, and bundles are built again.
    if (name === DATA_FILES.lock || name === DATA_FILES.control) continue;
    if (name.endsWith('.sqlite')) copySqlite(join(dataDir, name), join(target, name));
    else if (name.endsWith('.json')) copyFileSync(join(dataDir, name), join(target, name));
  }
  const database = join(dataDir, DATA_FILES.database);
  const copy = join(target, DATA_FILES.database);
  if (hasOpenStore(database)) await copyStore(database, copy);
  // The service uses another engine (AWS_ENDPOINT_URL_DYNAMODB), and once had its own.
  else if (existsSync(database)) cpSync(database, copy, { recursive: true });
  syncFolder(target);
}

/** Makes SQLite itself write the copy: the newest writes may still be in a journal beside the file. */
function copySqlite(from: string, to: string): void {
  const database = new DatabaseSync(from, { readOnly: true });
  try {
    database.prepare('VACUUM INTO ?').run(to);
  } finally {
    database.close();
  }
}
