import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { migrate } from '../../../../infra/commands/migrate/command.ts';
import { lockDataDir } from '../../../../infra/local/data-lock.ts';
import { startSecretsManager } from '../../../../infra/local/secrets-manager.ts';
import { toIso } from '../../../../lib/platform/dynamodb.ts';
import { systemClock } from '../../../../lib/platform/system-clock.ts';
import { generateBackgroundFingerprint } from '../../../../lib/sessions/fingerprint.ts';
import {
  ADA,
  backgroundRow,
  csv,
  type MigrateWorld,
  row,
  startMigrateWorld,
} from '../../../support/infra/migrate-world.ts';
import { startDynamo } from '../../../support/platform/dynamo.ts';

let world: MigrateWorld;
let lines: string[];
beforeEach(async () => {
  world = await startMigrateWorld();
  lines = [];
});
afterEach(() => world.stop());

const today = toIso(systemClock.now());
const now = { created_at: today, updated_at: today };
const live = { ...now, aimharder_cookies: [{ name: 'amhrdrauth', value: 'alive' }] };
const fileOf = (rows: readonly Record<string, unknown>[]) => world.file('export.csv', csv(rows));
const upstream = () => {
  const { origin, login, box } = world.upstream.origins;
  return { AIMHARDER_ORIGIN: origin, AIMHARDER_LOGIN_ORIGIN: login, AIMHARDER_BOX_ORIGIN: box };
};

/** The command on a data folder of the test's own. */
function run(args: readonly string[], environment: Record<string, string> = {}): Promise<number> {
  lines = [];
  return migrate(args, {
    environment: { DATA_DIR: join(world.folder, 'data'), ...environment },
    print: (line) => lines.push(line),
    printError: (line) => lines.push(line),
  });
}
const printed = () => lines.join('\n');

test('an import prints its target and counts, and writes only with --write', async () => {
  const file = fileOf([backgroundRow(now), row(now)]);

  expect(await run(['import', file])).toBe(0);
  expect(lines[0]).toBe(`On the data folder ${join(world.folder, 'data')}:`);
  expect(printed()).toContain('2 rows: 1 background, 1 device, 0 expired, 0 refused');
  expect(printed()).toContain('2 to write. Nothing was written. Add --write to write.');

  expect(await run(['import', file, '--write', '--offline'])).toBe(0);
  expect(printed()).toContain('2 written (0 proven alive, 2 need a login, 0 without an answer)');
  expect(await run(['import', file])).toBe(0);
  expect(printed()).toContain('2 already in the table (2 of them need a login, or may need one)');
});

test('AimHarder is asked only if all three AIMHARDER_* variables are set', async () => {
  const file = fileOf([backgroundRow(live)]);

  expect(await run(['import', file, '--write'])).toBe(0);
  expect(printed()).toContain('The three AIMHARDER_* variables are not set, so AimHarder is not asked');
  const { AIMHARDER_ORIGIN } = upstream();
  expect(await run(['import', file, '--write'], { AIMHARDER_ORIGIN })).toBe(1);
  expect(printed()).toContain('Set AIMHARDER_LOGIN_ORIGIN and AIMHARDER_BOX_ORIGIN too, or none of the three.');
  expect(world.upstream.heard).toEqual([]);

  expect(await run(['import', file, '--write'], upstream())).toBe(0);
  expect(printed()).toContain('1 written (1 proven alive, 0 need a login, 0 without an answer)');
});

test('an import ends with 1 and asks to be repeated when AimHarder gives no answer, and with 0 once it does', async () => {
  const file = fileOf([backgroundRow(live)]);
  world.upstream.answer({ status: 503 });

  expect(await run(['import', file, '--write'], upstream())).toBe(1);
  expect(printed()).toContain('1 written (0 proven alive, 0 need a login, 1 without an answer)');
  expect(printed()).toContain(
    'AimHarder gave no answer about 1 sessions. Run the import again later to prove them alive.',
  );
  expect(await run(['import', file, '--write'], upstream())).toBe(1);
});

test('the error that stops an import is printed after the counts, and the import ends with 1', async () => {
  const { endpoint, stop } = await startDynamo();
  world.upstream.answer(() => {
    void stop();
    return { body: JSON.stringify({ data: [] }) };
  });

  const environment = { ...upstream(), AWS_ENDPOINT_URL_DYNAMODB: endpoint };
  expect(await run(['import', fileOf([backgroundRow(live)]), '--write'], environment)).toBe(1);

  expect(lines.at(-2)).toContain('0 written');
  expect(lines.at(-1)).toMatch(/^The import stopped: ./);
});

test.each([
  ['every row is refused', csv([row({ ...now, user_email: 'nobody' }), row({ ...now, aimharder_token: '' })])],
  ['the file has no row', csv([row()]).split('\n')[0] ?? ''],
  ['the file is empty', ''],
])('it ends with 1 when %s', async (_, text) => {
  expect(await run(['import', world.file('export.csv', text)])).toBe(1);
  expect(printed()).toContain('The file has no rows, or every row is refused.');
});

test.each([
  [['import']],
  [['export', 'file.csv']],
  [['import', 'one.csv', 'two.csv']],
  [['import', 'file.csv', '--force']],
  [['rollback', 'file.csv', '--offline']],
  [['--help']],
])('asked wrongly, it shows how to ask, and ends with 2: %s', async (args) => {
  expect(await run(args)).toBe(2);
  expect(printed()).toContain('npm run migrate -- import');
});

test('an unclear target, format or file is refused', async () => {
  const file = fileOf([row(now)]);

  expect(await run(['import', file], { SESSIONS_TABLE: 'sessions' })).toBe(1);
  expect(printed()).toBe('Set KEYS_SECRET_ID and SALT_SECRET_ID too, or none of the three.');
  expect(await run(['rollback', 'old.txt'])).toBe(1);
  expect(printed()).toBe('The name of a file must end in .csv or .json: old.txt');
  expect(await run(['import', join(world.folder, 'none.csv')])).toBe(1);
  expect(await run(['import', file])).toBe(0);
  const unlock = lockDataDir(join(world.folder, 'data'));
  expect(await run(['import', file])).toBe(1);
  expect(printed()).toContain('On the Dot is running on');
  unlock?.();
});

test('AWS_ENDPOINT_URL_DYNAMODB replaces the local database, as with npm start', async () => {
  const { documents, endpoint, stop } = await startDynamo();

  const environment = { AWS_ENDPOINT_URL_DYNAMODB: endpoint };
  expect(await run(['import', fileOf([backgroundRow(now)]), '--write'], environment)).toBe(0);

  expect(lines[0]).toContain(`, with the database at ${endpoint}`);
  const { Items = [] } = await documents.send(new ScanCommand({ TableName: 'sessions' }));
  expect(Items).toHaveLength(1);
  await stop();
});

test('with a table and secrets on AWS the import works there, and prints it', async () => {
  const { documents, endpoint, stop } = await startDynamo();
  const salt = 'the-salt-of-the-secret';
  const secrets = await startSecretsManager(
    new Map([
      ['keys', JSON.stringify({ current: 'k1', k1: 'a'.repeat(43) })],
      ['salt', JSON.stringify({ fingerprintSalt: salt })],
    ]),
  );
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', endpoint);
  vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', secrets.endpoint);
  const names = { SESSIONS_TABLE: 'sessions', KEYS_SECRET_ID: 'keys', SALT_SECRET_ID: 'salt' };

  const args = ['import', fileOf([backgroundRow(now)]), '--write', '--offline'];
  expect(await run(args, { ...names, AWS_ENDPOINT_URL_DYNAMODB: endpoint })).toBe(0);

  expect(lines[0]).toBe(`On the table sessions at ${endpoint}:`);
  expect(printed()).toContain('1 background rows have a fingerprint made with another salt');
  const { Items = [] } = await documents.send(new ScanCommand({ TableName: 'sessions' }));
  expect(Items).toMatchObject([{ fingerprint: generateBackgroundFingerprint(ADA, salt) }]);
  vi.unstubAllEnvs();
  secrets.stop();
  await stop();
});

test('a rollback writes only with --write, and ends with 1 when a session cannot be decrypted', async () => {
  const target = join(world.folder, 'old.json');
  await run(['import', fileOf([backgroundRow(now)]), '--write']);

  expect(await run(['rollback', target])).toBe(0);
  expect(printed()).toContain('Nothing was written. Add --write to write.');
  expect(existsSync(target)).toBe(false);
  expect(await run(['rollback', target, '--write'])).toBe(0);
  expect(printed()).toContain(`1 members written to ${target}`);
  expect(await run(['rollback', target, '--write'])).toBe(1);
  expect(printed()).toContain('The file exists already');

  const key = { current: 'k2', k2: 'a'.repeat(43) };
  writeFileSync(join(world.folder, 'data', 'keys.json'), JSON.stringify(key));
  expect(await run(['rollback', join(world.folder, 'other.csv'), '--write'])).toBe(1);
  expect(printed()).toContain('0 members written to');
  expect(printed()).toContain('1 sessions could not be read');
});
