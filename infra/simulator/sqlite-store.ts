import { DatabaseSync } from 'node:sqlite';

/** Stores values by kind and key. A write is complete when its call returns, so a process that is killed loses no value. */
export type Store = {
  put(kind: string, key: string, value: unknown): void;
  remove(kind: string, key: string): void;
  /** Lists the values of a kind in the order in which they were first put. */
  all(kind: string): unknown[];
  close(): void;
};

/** Opens a store. @param path the SQLite file; without it, nothing is stored. */
export function openStore(path: string | undefined): Store {
  if (path === undefined) return { put() {}, remove() {}, all: () => [], close() {} };
  const database = new DatabaseSync(path);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
  database.exec('CREATE TABLE IF NOT EXISTS state (kind TEXT, key TEXT, value TEXT, PRIMARY KEY (kind, key))');
  const put = database.prepare(
    'INSERT INTO state VALUES (?, ?, ?) ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value',
  );
  const remove = database.prepare('DELETE FROM state WHERE kind = ? AND key = ?');
  const all = database.prepare('SELECT value FROM state WHERE kind = ? ORDER BY rowid');
  return {
    put: (kind, key, value) => void put.run(kind, key, JSON.stringify(value)),
    remove: (kind, key) => void remove.run(kind, key),
    all: (kind) => all.all(kind).map(({ value }): unknown => JSON.parse(String(value))),
    close: () => database.close(),
  };
}
