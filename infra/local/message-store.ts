import { DatabaseSync } from 'node:sqlite';
import * as z from 'zod/mini';
import type { Instant } from '../../lib/platform/clock.ts';

const Row = z.object({ id: z.string(), body: z.string(), dueAt: z.number(), receives: z.number() });

/** A message of a queue. @property receives how often its delivery has failed. */
export type Message = z.infer<typeof Row>;

export type MessageStore = ReturnType<typeof openMessageStore>;

/** Opens a store of delayed messages in SQLite. A message that `put` has stored survives a crash of the process. */
export function openMessageStore(path: string) {
  const database = new DatabaseSync(path);
  database.exec('CREATE TABLE IF NOT EXISTS messages (id TEXT PRIMARY KEY, body TEXT, dueAt REAL, receives INTEGER)');
  return {
    /** Adds a message, or replaces the one with its id. */
    put({ id, body, dueAt, receives }: Message): void {
      database.prepare('INSERT OR REPLACE INTO messages VALUES (?, ?, ?, ?)').run(id, body, dueAt, receives);
    },
    remove(id: string): void {
      database.prepare('DELETE FROM messages WHERE id = ?').run(id);
    },
    /** Lists the `count` messages that are due first. Some of them may not be due yet. */
    next: (count: number): readonly Message[] =>
      database
        .prepare('SELECT * FROM messages ORDER BY dueAt LIMIT ?')
        .all(count)
        .map((row) => Row.parse(row)),
    list: (): readonly Message[] =>
      database
        .prepare('SELECT * FROM messages')
        .all()
        .map((row) => Row.parse(row)),
    close: () => database.close(),
  };
}

export const isDue = ({ dueAt }: Message, now: Instant): boolean => dueAt <= now;
