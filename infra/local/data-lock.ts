import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DATA_FILES } from './data-files.ts';

/**
 * Locks a data folder for this process, by a lock of SQLite on a file. The kernel releases the lock when the process ends, even if
 * the process is killed.
 *
 * @returns a function that releases the lock; undefined if another process has it.
 */
export function lockDataDir(dataDir: string): (() => void) | undefined {
  const database = new DatabaseSync(join(dataDir, DATA_FILES.lock), { timeout: 0 });
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch {
    database.close();
    return undefined;
  }
  return () => database.close();
}
