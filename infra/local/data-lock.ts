import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/**
 * Takes a data folder for this process alone. The lock is the kernel's, on a file that SQLite opens: it goes with the
 * process, however that ends, and cannot be left behind.
 *
 * @returns how to give it back; undefined when another process has it.
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
