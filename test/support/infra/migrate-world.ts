import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importSessions } from '../../../infra/commands/migrate/import.ts';
import { type ExportedRow, readExport } from '../../../infra/commands/migrate/read-export.ts';
import { rollback } from '../../../infra/commands/migrate/rollback.ts';
import { AimHarder } from '../../../lib/aimharder/client.ts';
import { DAY } from '../../../lib/platform/clock.ts';
import type { Documents } from '../../../lib/platform/dynamodb.ts';
import { systemClock } from '../../../lib/platform/system-clock.ts';
import { generateBackgroundFingerprint } from '../../../lib/sessions/fingerprint.ts';
import { scriptedUpstream } from '../aimharder/scripted-upstream.ts';
import { SALT, START, startSessionWorld, storeKeys } from '../sessions/session-world.ts';

export const ADA = 'ada@example.com';
export const BROWSER = 'x'.repeat(50);

export const iso = (millis: number) => new Date(START + millis).toISOString();
export const cookiesOf = (value: string) => [
  { name: 'amhrdrauth', value },
  { name: 'odd', value: 'a,"b"' },
];
type Row = Readonly<Record<string, unknown>>;

/** Builds the row of a device session. */
export const row = (changes: Row = {}): Row => ({
  user_email: 'Ada@Example.com',
  aimharder_token: 'secret-token',
  aimharder_cookies: cookiesOf('secret-cookie'),
  fingerprint: BROWSER,
  session_type: 'device',
  created_at: iso(-DAY),
  updated_at: iso(-DAY),
  last_token_update_date: null,
  token_update_count: 3,
  ...changes,
});
export const backgroundRow = (changes: Row = {}) =>
  row({ session_type: 'background', fingerprint: generateBackgroundFingerprint(ADA, SALT), ...changes });
/** Builds a row from the time before the predecessor had two types of sessions. */
export const untypedRow = (changes: Row = {}) => row({ session_type: null, ...changes });

export function csv(rows: readonly Row[], newline = '\n'): string {
  const names = Object.keys(rows[0] ?? {});
  const cell = (value: unknown) =>
    value === null ? '' : `"${(typeof value === 'string' ? value : JSON.stringify(value)).replaceAll('"', '""')}"`;
  return [names.join(','), ...rows.map((one) => names.map((name) => cell(one[name])).join(','))].join(newline);
}

/** Makes AimHarder name a member for every session cookie that holds "alive", and nobody otherwise. */
async function startUpstream() {
  const upstream = await scriptedUpstream();
  upstream.answer(({ headers }) => ({
    headers: { 'set-cookie': ['odd=next; Path=/'] },
    body: JSON.stringify({
      data: String(headers['cookie']).includes('alive')
        ? [{ id: 7, roles: [{ boid: 1, centre_url: 'box-a.aimharder.com', gym: 'A' }] }]
        : [],
    }),
  }));
  return upstream;
}

/** Creates a folder for exports. */
function exportFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'on-the-dot-migrate-'));
  const file = (name: string, text: string | Buffer) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  return {
    folder,
    file,
    exported: (name: string, text: string | Buffer): readonly ExportedRow[] => readExport(file(name, text)),
    removeFolder: () => rmSync(folder, { recursive: true, force: true }),
  };
}

type ImportOptions = {
  readonly write?: boolean;
  /** Proves that sessions are alive. Without it, none is proven. */
  readonly aimHarder?: Pick<AimHarder, 'whoAmI'>;
  readonly salt?: string;
  readonly documents?: Documents;
};

const toExportedRow = (row: Row | ExportedRow, index: number): ExportedRow =>
  'position' in row ? (row as ExportedRow) : { position: `row ${index + 1}`, row };

/** Runs migrations against the tables of a session world. */
function migrations(world: Awaited<ReturnType<typeof startSessionWorld>>) {
  const printed: string[] = [];
  const deps = ({ salt = SALT, documents = world.documents }: Pick<ImportOptions, 'salt' | 'documents'> = {}) => ({
    documents,
    table: 'sessions',
    secrets: { fingerprintSalt: salt, keys: storeKeys },
    clock: world.clock,
    refreshPartitions: 8,
    print: (line: string) => printed.push(line),
  });
  return {
    printed,
    async import(rows: readonly (Row | ExportedRow)[], options: ImportOptions = {}) {
      const { write = true, aimHarder } = options;
      const { counts, failure } = await importSessions({ ...deps(options), aimHarder }, rows.map(toExportedRow), write);
      return { ...counts, failure };
    },
    rollback: (path: string, write = true) => rollback({ ...deps(), tokens: world.tokens }, path, write),
  };
}

/** Starts session stores on a real engine, an AimHarder for whoami, and a folder for exports. */
export async function startMigrateWorld() {
  const world = await startSessionWorld();
  const upstream = await startUpstream();
  const { removeFolder, ...exports } = exportFolder();
  return {
    ...world,
    ...exports,
    ...migrations(world),
    upstream,
    aimHarder: new AimHarder({ origins: upstream.origins, clock: systemClock }),
    all: () => world.sessions.getAllUserSessions(ADA),
    async stop() {
      upstream.stop();
      await world.stop();
      removeFolder();
    },
  };
}

export type MigrateWorld = Awaited<ReturnType<typeof startMigrateWorld>>;
