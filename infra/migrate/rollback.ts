import { writeFileSync } from 'node:fs';
import { paginateScan } from '@aws-sdk/lib-dynamodb';
import { stringify } from 'csv-stringify/sync';
import type { Clock } from '../../lib/platform/clock.ts';
import { type Documents, isoOf } from '../../lib/platform/dynamodb.ts';
import { isGone, type Session } from '../../lib/sessions/session.ts';
import { decodeSession } from '../../lib/sessions/session-item.ts';
import type { SessionTokens } from '../../lib/sessions/session-tokens.ts';

export type RollbackDeps = {
  readonly documents: Documents;
  readonly table: string;
  readonly tokens: Pick<SessionTokens, 'open'>;
  readonly clock: Clock;
  readonly say: (line: string) => void;
};

/** For its owner alone: both files hold sessions. `wx`: a file that is there is not overwritten. */
const PRIVATE = { mode: 0o600, flag: 'wx' } as const;

/**
 * Exports one session per member (the background one, else the newest device) in the shape the predecessor had before it
 * had two, after a backup of everything beside it. A session that cannot be opened is told and left out.
 *
 * @param file `.csv`, or JSON under any other name.
 * @throws Error when one of the two files exists already.
 */
export async function rollback(deps: RollbackDeps, file: string): Promise<number> {
  const { documents, table, clock, say } = deps;
  const items: Record<string, unknown>[] = [];
  const scan = { TableName: table, FilterExpression: 'attribute_exists(sessionType)', ConsistentRead: true };
  for await (const { Items = [] } of paginateScan({ client: documents }, scan)) items.push(...Items);
  writeFileSync(`${file}.backup.json`, JSON.stringify(items, undefined, 1), PRIVATE);
  say(`backup of all ${items.length} sessions, as they are stored: ${file}.backup.json`);

  const live = items.map(decodeSession).filter((session) => !isGone(session, clock.now()));
  const rows = (await Promise.all(onePerMember(live).map((session) => rowOf(deps, session)))).filter(
    (row) => row !== undefined,
  );
  const text = file.endsWith('.csv') ? stringify(rows, { header: true }) : JSON.stringify(rows, undefined, 1);
  writeFileSync(file, text, PRIVATE);
  say(`WARNING: ${items.length - rows.length} sessions are left out, and ${file} holds live tokens in the clear.`);
  return rows.length;
}

async function rowOf({ tokens, say }: RollbackDeps, session: Session) {
  try {
    return oldRow(session, await tokens.open(session));
  } catch {
    say(`${session.email}: the ${session.sessionType} session does not open with the keys there are, and is left out`);
    return undefined;
  }
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
