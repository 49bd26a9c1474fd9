import { DatabaseSync } from 'node:sqlite';
import * as z from 'zod/mini';

const Row = z.object({
  receivedAt: z.number(),
  kind: z.string(),
  to: z.string(),
  subject: z.string(),
  text: z.string(),
});

/** An event or a mail in the inbox. @property kind the event's type, or "mail". @property to the member's address. */
export type Entry = z.infer<typeof Row>;

/** How many entries are kept. Older ones are deleted. */
const MAX_ENTRIES = 200;

export type InboxStore = ReturnType<typeof openInboxStore>;

/** Opens the store of the inbox's entries in SQLite. An entry that was added survives a crash of the process. */
export function openInboxStore(path: string) {
  const database = new DatabaseSync(path);
  database.exec(`CREATE TABLE IF NOT EXISTS entries
    (id TEXT PRIMARY KEY, receivedAt REAL, kind TEXT, "to" TEXT, subject TEXT, text TEXT)`);
  return {
    /** Adds an entry. @returns false if the store has an entry with this id already: an event may be published twice. */
    add(id: string, { receivedAt, kind, to, subject, text }: Entry): boolean {
      const { changes } = database
        .prepare('INSERT OR IGNORE INTO entries VALUES (?, ?, ?, ?, ?, ?)')
        .run(id, receivedAt, kind, to, subject, text);
      database.prepare('DELETE FROM entries WHERE rowid <= (SELECT max(rowid) FROM entries) - ?').run(MAX_ENTRIES);
      return changes > 0;
    },
    /** Lists the entries, the newest first. */
    list: (): readonly Entry[] =>
      database
        .prepare('SELECT receivedAt, kind, "to", subject, text FROM entries ORDER BY rowid DESC')
        .all()
        .map((row) => Row.parse(row)),
    /** Lists the addresses of the members who have an entry. */
    listMembers: (): readonly string[] =>
      database
        .prepare('SELECT DISTINCT "to" FROM entries')
        .all()
        .map((row) => String(row['to'])),
    /** Deletes the entries of a member's address. */
    forget: (address: string): void => void database.prepare('DELETE FROM entries WHERE "to" = ?').run(address),
    close: () => database.close(),
  };
}
