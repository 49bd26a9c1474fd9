import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readExport } from '../../../../infra/commands/migrate/read-export.ts';
import { DAY } from '../../../../lib/platform/clock.ts';
import {
  ADA,
  BROWSER,
  backgroundRow,
  cookiesOf,
  iso,
  type MigrateWorld,
  row,
  startMigrateWorld,
  untypedRow,
} from '../../../support/infra/migrate-world.ts';
import { background, defined, device } from '../../../support/sessions/session-world.ts';

let world: MigrateWorld;
let target: string;
beforeEach(async () => {
  world = await startMigrateWorld();
  target = join(world.folder, 'old.json');
});
afterEach(() => world.stop());

const written = (file: string) => JSON.parse(readFileSync(file, 'utf8'));

async function spoil(email: string) {
  const { fingerprint } = defined(await world.sessions.getBackgroundSession(email));
  await world.documents.send(
    new UpdateCommand({
      TableName: 'sessions',
      Key: { email, fingerprint },
      UpdateExpression: 'SET cookies = :lost',
      ExpressionAttributeValues: { ':lost': `k0.${'A'.repeat(64)}` },
    }),
  );
}

test('a dry run warns and counts, and writes nothing', async () => {
  await world.import([backgroundRow(), row()]);

  expect(await world.rollback(target, false)).toEqual({ members: 1, needLogin: 1, lost: 0 });

  expect([existsSync(target), existsSync(`${target}.backup.json`)]).toEqual([false, false]);
  expect(world.printed.join('\n')).toContain('WARNING: 1 sessions are left out');
});

test('a rollback writes a backup, then exports one session per member in the old format, readable by its owner alone', async () => {
  await world.import([backgroundRow(), row(), row({ user_email: 'bob@example.com' })]);
  const file = join(world.folder, 'old.csv');

  expect(await world.rollback(file)).toMatchObject({ members: 2 });

  expect(written(`${file}.backup.json`)).toHaveLength(3);
  expect([statSync(file).mode & 0o777, statSync(`${file}.backup.json`).mode & 0o777]).toEqual([0o600, 0o600]);
  const [warning, backup] = ['WARNING: 1 sessions are left out', 'Backup of all 3'].map((text) =>
    world.printed.findIndex((line) => line.includes(text)),
  );
  expect(warning).toBeGreaterThan(-1);
  expect(backup).toBeGreaterThan(Number(warning));
  const again = readExport(file).map((one) => ('row' in one ? (one.row as Record<string, string>) : {}));
  expect(again.map(({ user_email, fingerprint }) => [user_email, fingerprint?.slice(0, 3)]).toSorted()).toEqual([
    [ADA, 'bg-'],
    ['bob@example.com', 'xxx'],
  ]);
  expect(JSON.parse(String(again[0]?.['aimharder_cookies']))).toEqual(cookiesOf('secret-cookie'));
});

test('an import of a rollback’s file finds all its sessions stored', async () => {
  await world.import([untypedRow(), row({ user_email: 'bob@example.com' })]);
  await world.rollback(target);

  expect(written(target)).toContainEqual(
    expect.objectContaining({
      user_email: ADA,
      fingerprint: BROWSER,
      aimharder_cookies: cookiesOf('secret-cookie'),
      token_update_count: 3,
    }),
  );
  expect(await world.import(readExport(target))).toMatchObject({ written: 0, existing: 2 });
});

test('an active session is preferred to one that needs a login, the background session to a device’s', async () => {
  await world.import([
    backgroundRow(),
    backgroundRow({ user_email: 'bob@example.com' }),
    row({ user_email: 'bob@example.com' }),
  ]);
  await world.logins.storeSession(device(ADA, BROWSER));
  await world.logins.storeSession(background('eve@example.com'));
  world.clock.advance(1_000);
  await world.logins.storeSession(device('eve@example.com', BROWSER));

  expect(await world.rollback(target)).toEqual({ members: 3, needLogin: 1, lost: 0 });

  const exported: Record<string, string>[] = written(target);
  expect(exported.map(({ user_email, fingerprint }) => [user_email, fingerprint?.slice(0, 3)]).toSorted()).toEqual([
    [ADA, 'xxx'],
    ['bob@example.com', 'bg-'],
    ['eve@example.com', 'bg-'],
  ]);
});

test('a device’s session is exported if the background session cannot be decrypted', async () => {
  await world.import([backgroundRow(), row()]);
  await spoil(ADA);

  expect(await world.rollback(target)).toEqual({ members: 1, needLogin: 1, lost: 1 });

  expect(written(target)).toMatchObject([{ fingerprint: BROWSER }]);
  expect(world.printed).toContain(
    `${ADA}: the background session cannot be decrypted with the keys at hand, and is left out`,
  );
});

test('an expired session is left out; one that cannot be decrypted or decoded is printed', async () => {
  await world.import([
    row({ user_email: 'gone@example.com' }),
    row({ user_email: 'expired@example.com', created_at: iso(-7 * DAY + 1_000) }),
    backgroundRow({ user_email: 'bob@example.com' }),
    backgroundRow({ user_email: 'lost@example.com' }),
  ]);
  const [ended] = await world.sessions.getDeviceSessions('gone@example.com');
  await world.state.markEnded(defined(ended));
  world.clock.advance(2_000);
  await spoil('lost@example.com');
  await world.documents.send(
    new PutCommand({
      TableName: 'sessions',
      Item: { email: 'odd@example.com', fingerprint: 'odd', sessionType: 'device', token: 'secret' },
    }),
  );

  expect(await world.rollback(target)).toEqual({ members: 1, needLogin: 1, lost: 2 });

  expect(written(target)).toMatchObject([{ user_email: 'bob@example.com' }]);
  expect(written(`${target}.backup.json`)).toHaveLength(5);
  expect(world.printed.join('\n')).toContain('lost@example.com: the background session cannot be decrypted');
  expect(world.printed.join('\n')).toContain('odd@example.com: an item is not a session');
  expect(world.printed.join('\n')).toContain('WARNING: 4 sessions are left out');
  expect(world.printed.join('\n')).not.toContain('secret');
});

test('an existing file is reported before anything is written', async () => {
  await world.import([backgroundRow()]);
  writeFileSync(target, 'kept');

  await expect(world.rollback(target)).rejects.toThrow(`The file exists already: ${target}`);
  expect(existsSync(`${target}.backup.json`)).toBe(false);

  const other = join(world.folder, 'other.json');
  writeFileSync(`${other}.backup.json`, 'kept');
  await expect(world.rollback(other)).rejects.toThrow('The file exists already');
  expect(existsSync(other)).toBe(false);
});

test('with no session left, the file still has its header', async () => {
  const file = join(world.folder, 'none.csv');

  expect(await world.rollback(file)).toMatchObject({ members: 0 });
  expect(readFileSync(file, 'utf8')).toMatch(/^user_email,aimharder_token,aimharder_cookies,fingerprint,/);
});
