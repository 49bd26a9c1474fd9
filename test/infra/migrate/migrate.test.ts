import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ScanCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { importSessions } from '../../../infra/migrate/import.ts';
import { readExport } from '../../../infra/migrate/read-export.ts';
import { rollback } from '../../../infra/migrate/rollback.ts';
import { type AimHarder, aimHarderClient } from '../../../lib/aimharder/client.ts';
import { DAY } from '../../../lib/platform/clock.ts';
import { systemClock } from '../../../lib/platform/system-clock.ts';
import { generateBackgroundFingerprint } from '../../../lib/sessions/fingerprint.ts';
import { type ScriptedUpstream, scriptedUpstream } from '../../support/scripted-upstream.ts';
import { background, SALT, START, startSessionWorld, storeKeys } from '../../support/session-world.ts';

let world: Awaited<ReturnType<typeof startSessionWorld>>;
let upstream: ScriptedUpstream;
let folder: string;
let said: string[];
beforeEach(async () => {
  world = await startSessionWorld();
  upstream = await scriptedUpstream();
  folder = mkdtempSync(join(tmpdir(), 'on-the-dot-migrate-'));
  said = [];
});
afterEach(async () => {
  upstream.stop();
  await world.stop();
  rmSync(folder, { recursive: true, force: true });
});

const iso = (millis: number) => new Date(START + millis).toISOString();
const cookiesOf = (value: string) => [
  { name: 'amhrdrauth', value },
  { name: 'odd', value: 'a,"b"' },
];
const row = (changes: Record<string, unknown> = {}) => ({
  user_email: 'Ada@Example.com',
  aimharder_token: 'secret-token',
  aimharder_cookies: cookiesOf('secret-cookie'),
  fingerprint: 'x'.repeat(50),
  session_type: 'device',
  created_at: iso(-DAY),
  updated_at: iso(-DAY),
  last_token_update_date: null,
  token_update_count: 3,
  ...changes,
});
const backgroundRow = (changes: Record<string, unknown> = {}) =>
  row({ session_type: 'background', fingerprint: generateBackgroundFingerprint('ada@example.com', SALT), ...changes });

function csv(rows: readonly Record<string, unknown>[]): string {
  const names = Object.keys(rows[0] ?? {});
  const cell = (value: unknown) =>
    value === null ? '' : `"${(typeof value === 'string' ? value : JSON.stringify(value)).replaceAll('"', '""')}"`;
  return [names.join(','), ...rows.map((one) => names.map((name) => cell(one[name])).join(','))].join('\n');
}

function exported(name: string, text: string) {
  const file = join(folder, name);
  writeFileSync(file, text);
  return readExport(file);
}

const deps = (aimHarder?: AimHarder) => ({
  documents: world.documents,
  table: 'sessions',
  secrets: { fingerprintSalt: SALT, keys: storeKeys },
  clock: world.clock,
  refreshPartitions: 8,
  aimHarder,
  say: (line: string) => said.push(line),
});
const alive = () => {
  upstream.answer(({ headers }) => ({
    headers: { 'set-cookie': ['odd=next; Path=/'] },
    body: JSON.stringify({
      data: String(headers['cookie']).includes('alive')
        ? [{ id: 7, roles: [{ boid: 1, centre_url: 'box-a.aimharder.com', gym: 'A' }] }]
        : [],
    }),
  }));
  return aimHarderClient({ origins: upstream.origins, clock: systemClock });
};

test.each([
  ['csv', csv],
  ['json', (rows: readonly Record<string, unknown>[]) => JSON.stringify(rows)],
] as const)('a %s export: a dry run counts and writes nothing, then a run writes', async (ending, write) => {
  const rows = exported(
    `export.${ending}`,
    write([backgroundRow(), row(), row({ fingerprint: 'y'.repeat(50), created_at: iso(-8 * DAY) })]),
  );

  expect(await importSessions(deps(), rows, false)).toMatchObject({
    background: 1,
    device: 1,
    expired: 1,
    refused: 0,
    written: 0,
  });
  expect(await world.sessions.getAllUserSessions('ada@example.com')).toEqual([]);

  expect(await importSessions(deps(), rows, true)).toMatchObject({ written: 2, alive: 0, alreadyThere: 0 });
  const session = await world.sessions.getBackgroundSession('ada@example.com');
  expect(session).toMatchObject({
    protected: true,
    state: 'login-required',
    createdAt: START - DAY,
    tokenUpdateCount: 3,
  });
  expect(session && (await world.tokens.open(session))).toMatchObject({
    token: 'secret-token',
    cookies: cookiesOf('secret-cookie'),
  });
  expect(await world.sessions.getDeviceSessions('ada@example.com')).toMatchObject([
    { protected: false, accessTokenHash: null, expiresAt: START + 6 * DAY },
  ]);
});

test('an old one-session row, with no type and perhaps no fingerprint, becomes the background session', async () => {
  const { session_type: _, fingerprint: __, ...old } = row();
  const rows = exported('export.json', JSON.stringify([old]));

  await importSessions(deps(), rows, true);

  expect(await world.sessions.getAllUserSessions('ada@example.com')).toMatchObject([
    { sessionType: 'background', fingerprint: generateBackgroundFingerprint('ada@example.com', SALT) },
  ]);
});

test('whoami proves which are alive; only those are refreshed', async () => {
  const rows = exported(
    'export.json',
    JSON.stringify([
      backgroundRow({ aimharder_cookies: cookiesOf('alive') }),
      backgroundRow({ user_email: 'bob@example.com', aimharder_cookies: cookiesOf('dead') }),
    ]),
  );

  expect(await importSessions(deps(alive()), rows, true)).toMatchObject({ written: 2, alive: 1 });

  const adas = await world.sessions.getBackgroundSession('ada@example.com');
  expect(adas).toMatchObject({ state: 'active', boxes: [{ box: 'box-a', boxId: '1', name: 'A' }] });
  expect(adas && (await world.tokens.open(adas)).cookies).toEqual([
    { name: 'amhrdrauth', value: 'alive' },
    { name: 'odd', value: 'next' },
  ]);
  expect(await world.sessions.getBackgroundSession('bob@example.com')).toMatchObject({ state: 'login-required' });
  const { Items = [] } = await world.documents.send(
    new ScanCommand({ TableName: 'sessions', IndexName: 'byRefreshSlot' }),
  );
  expect(Items.map(({ email }) => email)).toEqual(['ada@example.com']);
});

test('repeated, it changes nothing; a session made since by a login stays', async () => {
  const rows = exported(
    'export.json',
    JSON.stringify([backgroundRow(), backgroundRow({ user_email: 'bob@example.com' })]),
  );
  await world.tokens.storeSession(background('bob@example.com', 'newer'));
  await importSessions(deps(), rows, true);

  expect(await importSessions(deps(), rows, true)).toMatchObject({ written: 0, alreadyThere: 2 });

  const bobs = await world.sessions.getBackgroundSession('bob@example.com');
  expect(bobs && (await world.tokens.open(bobs)).token).toBe('newer');
});

test('repeated, it makes live what could not be proven before, and never touches what is live', async () => {
  const rows = exported('export.json', JSON.stringify([backgroundRow({ aimharder_cookies: cookiesOf('alive') })]));
  await importSessions(deps(), rows, true);
  const before = await world.sessions.getBackgroundSession('ada@example.com');
  expect(before).toMatchObject({ state: 'login-required' });

  expect(await importSessions(deps(alive()), rows, true)).toMatchObject({ written: 1, alive: 1 });
  const proven = await world.sessions.getBackgroundSession('ada@example.com');
  expect(proven).toMatchObject({ state: 'active' });

  const newer = exported(
    'newer.json',
    JSON.stringify([backgroundRow({ aimharder_cookies: cookiesOf('alive'), updated_at: iso(DAY / 2) })]),
  );
  expect(await importSessions(deps(), newer, true)).toMatchObject({ written: 0, alreadyThere: 1 });
  expect(await importSessions(deps(alive()), newer, true)).toMatchObject({ written: 0, alreadyThere: 1 });
  expect(await world.sessions.getBackgroundSession('ada@example.com')).toEqual(proven);
});

test('a newer export replaces a session that needs a login, an older one does not', async () => {
  const at = (updated_at: string) => exported('export.json', JSON.stringify([backgroundRow({ updated_at })]));
  await importSessions(deps(), at(iso(-DAY)), true);

  expect(await importSessions(deps(), at(iso(-2 * DAY)), true)).toMatchObject({ written: 0 });
  expect(await importSessions(deps(), at(iso(0)), true)).toMatchObject({ written: 1 });
});

test.each([
  ['export.csv', 'user_email,aimharder_token\nada@example.com,"secret-token"secret\n', 'line 2'],
  ['export.json', '[{"aimharder_token":"ok"},\n{"aimharder_token":"secret-token"secret}]', 'line 2'],
  ['export.json', 'secret-token', 'JSON'],
])('a file that is broken is refused by its line, and nothing of it is shown: %s', (name, text, told) => {
  expect(() => exported(name, text)).toThrow(told);
  expect(() => exported(name, text)).not.toThrow(/secret/);
});

test('every refused row is told with its line, none stops the others, and no token or cookie is shown', async () => {
  const rows = exported(
    'export.csv',
    csv([
      row({ user_email: 'nobody' }),
      row({ aimharder_cookies: 'secret-not-json' }),
      row({ aimharder_token: '' }),
      row({ aimharder_cookies: cookiesOf('secret\nline') }),
      row({ fingerprint: 'bg-secret' }),
      row({ session_type: 'secret-type' }),
      row({ created_at: 'secret-time' }),
      backgroundRow(),
    ]),
  );

  expect(await importSessions(deps(), rows, true)).toMatchObject({ refused: 7, written: 1 });
  expect(said.filter((line) => line.includes('refused'))).toHaveLength(7);
  expect(said[0]).toBe('line 2: refused: user_email: an e-mail address');
  expect(said.join('\n')).not.toContain('secret');
});

test('a roll-back backs everything up first, then exports one session per member in the old shape, for its owner’s eyes', async () => {
  await importSessions(
    deps(),
    exported('export.json', JSON.stringify([backgroundRow(), row(), row({ user_email: 'bob@example.com' })])),
    true,
  );
  const file = join(folder, 'old.csv');

  expect(await rollback({ ...deps(), tokens: world.tokens }, file)).toBe(2);

  expect(JSON.parse(readFileSync(`${file}.backup.json`, 'utf8'))).toHaveLength(3);
  expect([statSync(file).mode & 0o777, statSync(`${file}.backup.json`).mode & 0o777]).toEqual([0o600, 0o600]);
  expect(said.join('\n')).toContain('WARNING: 1 sessions are left out');
  const again = readExport(file).map(({ row: one }) => one as Record<string, string>);
  expect(again.map(({ user_email, fingerprint }) => [user_email, fingerprint?.slice(0, 3)]).toSorted()).toEqual([
    ['ada@example.com', 'bg-'],
    ['bob@example.com', 'xxx'],
  ]);
  await expect(rollback({ ...deps(), tokens: world.tokens }, file)).rejects.toThrow('EEXIST');
});

test('a roll-back leaves out what is gone, and tells of what does not open', async () => {
  await importSessions(
    deps(),
    exported(
      'export.json',
      JSON.stringify([
        row({ user_email: 'gone@example.com' }),
        row({ user_email: 'expired@example.com', created_at: iso(-7 * DAY + 1_000) }),
        backgroundRow({ user_email: 'bob@example.com' }),
        backgroundRow({ user_email: 'lost@example.com' }),
      ]),
    ),
    true,
  );
  const [ended] = await world.sessions.getDeviceSessions('gone@example.com');
  if (ended) await world.tokens.markEnded(ended);
  world.clock.advance(2_000);
  const lost = await world.sessions.getBackgroundSession('lost@example.com');
  await world.documents.send(
    new UpdateCommand({
      TableName: 'sessions',
      Key: { email: 'lost@example.com', fingerprint: lost?.fingerprint },
      UpdateExpression: 'SET cookies = :lost',
      ExpressionAttributeValues: { ':lost': `k0.${'A'.repeat(64)}` },
    }),
  );
  const file = join(folder, 'old.json');

  expect(await rollback({ ...deps(), tokens: world.tokens }, file)).toBe(1);

  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject([{ user_email: 'bob@example.com' }]);
  expect(JSON.parse(readFileSync(`${file}.backup.json`, 'utf8'))).toHaveLength(4);
  expect(said.join('\n')).toContain('lost@example.com: the background session does not open');
  expect(said.join('\n')).toContain('WARNING: 3 sessions are left out');
});
