import { createHash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { type Instant, MINUTE } from '../../lib/platform/clock.ts';
import type { Mail } from './mail.ts';

/** How long after it was sent a mail may come again, in milliseconds: longer than the outbox leases a message. */
const MAY_COME_AGAIN = 10 * MINUTE;

/**
 * Opens the memory of mails that were sent. A process may be killed, or its function may give up, after a mail was sent and before
 * the outbox knows it: the outbox then sends the same mail again. Only a hash of each mail is kept, and only for minutes.
 */
export function openSentMails(path: string, now: () => Instant) {
  const database = new DatabaseSync(path);
  database.exec('CREATE TABLE IF NOT EXISTS sent (hash TEXT, sentAt REAL, isOpen INTEGER)');
  const forgetOld = () => database.prepare('DELETE FROM sent WHERE sentAt < ?').run(now() - MAY_COME_AGAIN);
  forgetOld();
  // The previous process may have died before the outbox knew of a mail, so each of its mails may come again once.
  database.exec('UPDATE sent SET isOpen = 1');
  return {
    /** Records that a mail was sent. @returns a function to call if its sender did not get the answer, so that it may come again. */
    add(mail: Mail): () => void {
      forgetOld();
      const { lastInsertRowid } = database.prepare('INSERT INTO sent VALUES (?, ?, 0)').run(hashOf(mail), now());
      return () => void database.prepare('UPDATE sent SET isOpen = 1 WHERE rowid = ?').run(lastInsertRowid);
    },
    /** Recognises a mail that was sent already and comes again. @returns true once for each such mail. */
    recognise(mail: Mail): boolean {
      const first = 'SELECT rowid FROM sent WHERE hash = ? AND isOpen = 1 AND sentAt >= ? LIMIT 1';
      const { changes } = database
        .prepare(`DELETE FROM sent WHERE rowid IN (${first})`)
        .run(hashOf(mail), now() - MAY_COME_AGAIN);
      return changes > 0;
    },
    close: () => database.close(),
  };
}

const hashOf = ({ to, subject, text }: Mail): string =>
  createHash('sha256')
    .update(JSON.stringify([to, subject, text]))
    .digest('hex');
