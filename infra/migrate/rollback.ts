import { writeFileSync } from 'node:fs';
import { paginateScan } from '@aws-sdk/lib-dynamodb';
import { stringify } from 'csv-stringify/sync';
import { type Documents, isoOf } from '../../lib/platform/dynamodb.ts';
import type { Session } from '../../lib/sessions/session.ts';
import { decodeSession } from '../../lib/sessions/session-item.ts';
import type { SessionTokens } from '../../lib/sessions/session-tokens.ts';

export type RollbackDeps = {
  readonly documents: Documents;
  readonly table: string;
  readonly tokens: Pick<SessionTokens, 'open'>;
  readonly say: (line: string) => void;
};

/** For its owner alone: both files hold sessions. `wx`: a file that is there is not overwritten. */
const PRIVATE = { mode: 0o600, flag: 'wx' } as const;

/**
 * Exports one session per member (the background one, else the newest device) in the shape the predecessor had before it
 * had two, after a backup of everything beside it.
 *
 * @param file `.csv`, or JSON under any other name.
 * @throws Error when one of the two files exists already.
 */
export async function rollback({ documents, table, tokens, say }: RollbackDeps, file: string): Promise<number> {
  const items: Record<string, unknown>[] = [];
  const scan = { TableName: table, FilterExpression: 'attribute_exists(sessionType)', ConsistentRead: true };
  for await (const { Items = [] } of paginateScan({ client: documents }, scan)) items.push(...Items);
  writeFileSync(`${file}.backup.json`, JSON.stringify(items, undefined, 1), PRIVATE);
  say(`backup of all ${items.length} sessions, as they are stored: ${file}.backup.json`);

  const chosen = onePerMember(items.map(decodeSession));
  const rows = await Promise.all(chosen.map(async (session) => oldRow(session, await tokens.open(session))));
  const text = file.endsWith('.csv') ? stringify(rows, { header: true }) : JSON.stringify(rows, undefined, 1);
  writeFileSync(file, text, PRIVATE);
  say(`WARNING: ${items.length - chosen.length} sessions are left out, and ${file} holds live tokens in the clear.`);
  return chosen.length;
}

function onePerMember(sessions: readonly Session[]): readonly Session[] {
  const best = new Map<string, Session>();
  for (const session of sessions) {
    const other = best.get(session.email);
    if (!other || isBetter(session, other)) best.set(session.email, session);
  }
  return [...best.values()];
}

const isBetter = (one: Session, other: Session): boolean =>
  one.sessionType === other.sessionType ? one.createdAt > other.createdAt : one.sessionType === 'background';

const oldRow = (session: Session, { token, cookies }: Awaited<ReturnType<SessionTokens['open']>>) => ({
  user_email: session.email,
  aimharder_token: token,
  aimharder_cookies: JSON.stringify(cookies),
  fingerprint: session.fingerprint,
  created_at: isoOf(session.createdAt),
  updated_at: isoOf(session.updatedAt),
  last_token_update_date: isoOf(session.lastTokenUpdateAt),
  token_update_count: session.tokenUpdateCount,
});
