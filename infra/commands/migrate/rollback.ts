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
  /** Name of the sessions table. */
  readonly table: string;
  readonly tokens: Pick<SessionTokens, 'decrypt'>;
  readonly clock: Clock;
  readonly print: (line: string) => void;
};

export type RollbackCounts = {
  /** Members with an exported session. */
  readonly members: number;
  /** Members whose exported session needs a login. */
  readonly needLogin: number;
  /** Sessions that cannot be decrypted or decoded. Another session of the member may have been exported instead. */
  readonly lost: number;
};

type Item = Record<string, unknown>;
type OldRow = ReturnType<typeof toOldRow>;

/** Only the owner may read the files, which hold sessions. With `wx`, an existing file is not overwritten. */
const FILE_OPTIONS = { mode: 0o600, flag: 'wx' } as const;

/**
 * Writes a backup of all sessions, then exports one live session per member, in the format that the predecessor's table had
 * before there were session types. Prefers an active session, then the background session, then the newest. Prints and leaves out
 * a session that cannot be decrypted.
 *
 * @param file `.csv` or `.json`.
 * @param shouldWrite false for a dry run, which only reads and counts.
 * @throws Error if the file or its backup already exists.
 */
export async function rollback(deps: RollbackDeps, file: string, shouldWrite: boolean): Promise<RollbackCounts> {
  const backup = `${file}.backup.json`;
  const format = formatOf(file);
  for (const path of [file, backup]) if (existsSync(path)) throw new Error(`The file exists already: ${path}`);
  const items = await readSessionItems(deps);
  const { rows, needLogin, lost } = await exportMembers(deps, items);
  const { print } = deps;
  print(`WARNING: ${items.length - rows.length} sessions are left out. ${file} holds live tokens in the clear.`);
  print(`${items.length} sessions, ${rows.length} members, ${needLogin} of them need a login`);
  if (shouldWrite) {
    writeFileSync(backup, JSON.stringify(items, undefined, 1), FILE_OPTIONS);
    print(`Backup of all ${items.length} sessions, encrypted as in the table: ${backup}`);
    writeFileSync(file, format === 'csv' ? toCsv(rows) : JSON.stringify(rows, undefined, 1), FILE_OPTIONS);
  }
  return { members: rows.length, needLogin, lost };
}

/** Reads all sessions. The table's other items have no session type. */
async function readSessionItems({ documents, table }: RollbackDeps): Promise<readonly Item[]> {
  const items: Item[] = [];
  const scan = { TableName: table, FilterExpression: 'attribute_exists(sessionType)', ConsistentRead: true };
  for await (const { Items = [] } of paginateScan({ client: documents }, scan)) items.push(...Items);
  return items;
}

async function exportMembers(deps: RollbackDeps, items: readonly Item[]) {
  const rows: OldRow[] = [];
  let needLogin = 0;
  let lost = 0;
  const reportLost: ReportLost = (email, reason) => {
    lost += 1;
    deps.print(`${email}: ${reason}, and is left out`);
  };
  const sessions = items.flatMap((item) => decodeItem(deps, item, reportLost));
  for (const memberSessions of Map.groupBy(sessions, ({ email }) => email).values()) {
    const exported = await exportFirstReadable(deps, memberSessions.toSorted(compareByPreference), reportLost);
    if (!exported) continue;
    rows.push(exported.row);
    if (exported.session.state === 'login-required') needLogin += 1;
  }
  return { rows, needLogin, lost };
}

type ReportLost = (email: unknown, reason: string) => void;

function decodeItem({ clock }: RollbackDeps, item: Item, reportLost: ReportLost): readonly Session[] {
  try {
    const session = decodeSession(item);
    return isExpired(session, clock.now()) ? [] : [session];
  } catch {
    reportLost(item['email'], 'an item is not a session');
    return [];
  }
}

async function exportFirstReadable({ tokens }: RollbackDeps, sessions: readonly Session[], reportLost: ReportLost) {
  for (const session of sessions) {
    try {
      return { session, row: toOldRow(session, await tokens.decrypt(session)) };
    } catch {
      reportLost(session.email, `the ${session.sessionType} session cannot be decrypted with the keys at hand`);
    }
  }
  return undefined;
}

/** Sorts the session first that the export prefers. */
const compareByPreference = (one: Session, other: Session): number =>
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

const toOldRow = (
  session: Session,
  { token, cookies, fingerprint }: Awaited<ReturnType<SessionTokens['decrypt']>>,
) => ({
  user_email: session.email,
  aimharder_token: token,
  aimharder_cookies: cookies,
  // The fingerprint at AimHarder. This service may store the session under another fingerprint.
  fingerprint,
  created_at: toIso(session.createdAt),
  updated_at: toIso(session.updatedAt),
  last_token_update_date: toIso(session.lastTokenUpdateAt),
  token_update_count: session.tokenUpdateCount,
});

/** Writes rows as CSV, with the cookies as a JSON text, as Postgres exports jsonb. */
const toCsv = (rows: readonly OldRow[]): string => stringify([...rows], { header: true, columns: [...COLUMNS] });
