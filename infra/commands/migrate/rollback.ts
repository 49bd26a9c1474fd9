import { existsSync, writeFileSync } from 'node:fs';
import { paginateScan } from '@aws-sdk/lib-dynamodb';
import { stringify } from 'csv-stringify/sync';
import type { Clock } from '../../../lib/platform/clock.ts';
import { type Documents, toIso } from '../../../lib/platform/dynamodb.ts';
import { isBackground, isExpired, type Session } from '../../../lib/sessions/session.ts';
import { decodeSession } from '../../../lib/sessions/session-record.ts';
import type { SessionTokens } from '../../../lib/sessions/session-tokens.ts';
import { formatOf } from './read-export.ts';

export type RollbackDeps = {
  readonly documents: Documents;
  readonly table: string;
  readonly tokens: Pick<SessionTokens, 'decrypt'>;
  readonly clock: Clock;
  readonly say: (line: string) => void;
};

export type RollbackCounts = {
  readonly members: number;
  /** Of the members': exported all the same, but the member has to log in. */
  readonly needLogin: number;
  /** Sessions that cannot be exported, because they do not open or are none. */
  readonly lost: number;
};

type Item = Record<string, unknown>;
type OldRow = ReturnType<typeof oldRow>;

/** For its owner alone: both files hold sessions. `wx`: a file that is there is not overwritten. */
const PRIVATE = { mode: 0o600, flag: 'wx' } as const;

/**
 * Exports one session per member in the shape the predecessor had before it had two, after a backup of everything beside
 * it: one that lives, if there is one; the background one, of several; the newest, of several devices. What cannot be
 * opened is told and left out.
 *
 * @param file `.csv` or `.json`.
 * @param write false for a dry run, which reads and counts.
 * @throws Error when one of the two files exists already.
 */
export async function rollback(deps: RollbackDeps, file: string, write: boolean): Promise<RollbackCounts> {
  const backup = `${file}.backup.json`;
  const format = formatOf(file);
  for (const path of [file, backup]) if (existsSync(path)) throw new Error(`There is a file already: ${path}`);
  const items = await allItems(deps);
  const { rows, needLogin, lost } = await exported(deps, items);
  const { say } = deps;
  say(`WARNING: ${items.length - rows.length} sessions are left out, and ${file} holds live tokens in the clear.`);
  say(`${items.length} sessions, ${rows.length} members, of whom ${needLogin} need a login`);
  if (write) {
    writeFileSync(backup, JSON.stringify(items, undefined, 1), PRIVATE);
    say(`backup of all ${items.length} sessions, as they are stored: ${backup}`);
    writeFileSync(file, format === 'csv' ? asCsv(rows) : JSON.stringify(rows, undefined, 1), PRIVATE);
  }
  return { members: rows.length, needLogin, lost };
}

async function allItems({ documents, table }: RollbackDeps): Promise<readonly Item[]> {
  const items: Item[] = [];
  const scan = { TableName: table, FilterExpression: 'attribute_exists(sessionType)', ConsistentRead: true };
  for await (const { Items = [] } of paginateScan({ client: documents }, scan)) items.push(...Items);
  return items;
}

async function exported(deps: RollbackDeps, items: readonly Item[]) {
  const rows: OldRow[] = [];
  let [needLogin, lost] = [0, 0];
  const lose = (email: unknown, what: string) => {
    lost += 1;
    deps.say(`${email}: ${what}, and is left out`);
  };
  const sessions = items.flatMap((item) => decoded(deps, item, lose));
  for (const member of Map.groupBy(sessions, ({ email }) => email).values()) {
    const best = await firstThatOpens(deps, member.toSorted(bestFirst), lose);
    if (!best) continue;
    rows.push(best.row);
    if (best.session.state === 'login-required') needLogin += 1;
  }
  return { rows, needLogin, lost };
}

type Lose = (email: unknown, what: string) => void;

function decoded({ clock }: RollbackDeps, item: Item, lose: Lose): readonly Session[] {
  try {
    const session = decodeSession(item);
    return isExpired(session, clock.now()) ? [] : [session];
  } catch {
    lose(item['email'], 'an item is no session');
    return [];
  }
}

async function firstThatOpens({ tokens }: RollbackDeps, sessions: readonly Session[], lose: Lose) {
  for (const session of sessions) {
    try {
      return { session, row: oldRow(session, await tokens.decrypt(session)) };
    } catch {
      lose(session.email, `the ${session.sessionType} session does not open with the keys there are`);
    }
  }
  return undefined;
}

const bestFirst = (one: Session, other: Session): number =>
  Number(other.state === 'active') - Number(one.state === 'active') ||
  Number(isBackground(other)) - Number(isBackground(one)) ||
  other.createdAt - one.createdAt;

const COLUMNS = [
  'user_email',
  'aimharder_token',
  'aimharder_cookies',
  'fingerprint',
  'created_at',
  'updated_at',
  'last_token_update_date',
  'token_update_count',
] as const;

const oldRow = (session: Session, { token, cookies, fingerprint }: Awaited<ReturnType<SessionTokens['decrypt']>>) => ({
  user_email: session.email,
  aimharder_token: token,
  aimharder_cookies: cookies,
  // What AimHarder knows it by, not what this service keeps it under.
  fingerprint,
  created_at: toIso(session.createdAt),
  updated_at: toIso(session.updatedAt),
  last_token_update_date: toIso(session.lastTokenUpdateAt),
  token_update_count: session.tokenUpdateCount,
});

/** csv-stringify writes a list as JSON, as Postgres does jsonb. */
const asCsv = (rows: readonly OldRow[]): string => stringify([...rows], { header: true, columns: [...COLUMNS] });
