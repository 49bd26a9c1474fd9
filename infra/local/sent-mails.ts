import { createHash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { type Instant, MINUTE } from '../../lib/platform/clock.ts';
import type { Mail } from './mail.ts';

/** How long after its sending a mail may come again, in milliseconds. A claim on a message of the outbox is shorter. */
const REPEAT_WINDOW = 10 * MINUTE;

/**
 * Opens the store that recognises mails which were sent already. If the process is killed, or the function times out, between the
 * sending of a mail and the outbox's record of it, the outbox sends the same mail again. The store keeps only a hash of each mail,
 * and only for minutes.
 */
export function openSentMails(path: string, now: () => Instant) {
  const database = new DatabaseSync(path);
  database.exec('CREATE TABLE IF NOT EXISTS sent (hash TEXT, sentAt REAL, isOpen INTEGER)');
  const forgetOld = () => database.prepare('DELETE FROM sent WHERE sentAt < ?').run(now() - REPEAT_WINDOW);
  forgetOld();
  // `isOpen` marks a mail whose sending the outbox may not have recorded. The previous process may have died before any record, so
  // each of its mails may come again once.
  database.exec('UPDATE sent SET isOpen = 1');
  return {
    /** Records that a mail was sent. @returns a function to call if the client did not get the answer, and may send the mail again. */
    add(mail: Mail): () => void {
      forgetOld();
      const { lastInsertRowid } = database.prepare('INSERT INTO sent VALUES (?, ?, 0)').run(hashMail(mail), now());
      return () => void database.prepare('UPDATE sent SET isOpen = 1 WHERE rowid = ?').run(lastInsertRowid);
    },
    /** Recognises a mail that was sent already and comes again. @returns true once for each such mail. */
    recognise(mail: Mail): boolean {
      const selectOne = 'SELECT rowid FROM sent WHERE hash = ? AND isOpen = 1 AND sentAt >= ? LIMIT 1';
      const { changes } = database
        .prepare(`DELETE FROM sent WHERE rowid IN (${selectOne})`)
        .run(hashMail(mail), now() - REPEAT_WINDOW);
      return changes > 0;
    },
    close: () => database.close(),
  };
}

const hashMail = ({ to, subject, text }: Mail): string =>
  createHash('sha256')
    .update(JSON.stringify([to, subject, text]))
    .digest('hex');
