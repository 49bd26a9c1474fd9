import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/**
 * Locks a data folder for this process. The kernel holds the lock on a file that SQLite opens, so the lock ends with the
 * process, however it ends.
 *
 * @returns how to release the lock; undefined if another process has it.
 */
export function lockDataDir(dataDir: string): (() => void) | undefined {
  const database = new DatabaseSync(join(dataDir, 'lock.sqlite'), { timeout: 0 });
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch {
    database.close();
    return undefined;
  }
  return () => database.close();
}
