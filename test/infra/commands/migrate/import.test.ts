import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DAY } from '../../../../lib/platform/clock.ts';
import { generateBackgroundFingerprint } from '../../../../lib/sessions/fingerprint.ts';
import {
  ADA,
  BROWSER,
  backgroundRow,
  cookiesOf,
  csv,
  iso,
  type MigrateWorld,
  row,
  startMigrateWorld,
  untypedRow,
} from '../../../support/infra/migrate-world.ts';
import { background, defined, device, SALT, START } from '../../../support/sessions/session-world.ts';

let world: MigrateWorld;
beforeEach(async () => {
  world = await startMigrateWorld();
});
afterEach(() => world.stop());

const live = { aimharder_cookies: cookiesOf('alive') };
const opened = async (email = ADA) => world.tokens.decrypt(defined(await world.sessions.getBackgroundSession(email)));

test.each([
  ['csv', csv],
  ['json', (rows: readonly Record<string, unknown>[]) => JSON.stringify(rows)],
] as const)('a %s export: a dry run counts and writes nothing, then a run writes', async (ending, text) => {
  const rows = world.exported(
    `export.${ending}`,
    text([backgroundRow(), row(), row({ fingerprint: 'y'.repeat(50), created_at: iso(-8 * DAY) })]),
  );

  expect(await world.import(rows, { write: false })).toMatchObject({
    background: 1,
    device: 1,
    expired: 1,
    refused: 0,
    written: 2,
  });
  expect(await world.all()).toEqual([]);

  expect(await world.import(rows)).toMatchObject({ written: 2, alive: 0, needLogin: 2, existing: 0 });
  expect(await world.sessions.getBackgroundSession(ADA)).toMatchObject({
    protected: true,
    state: 'login-required',
    loginFingerprint: null,
    createdAt: START - DAY,
    tokenUpdateCount: 3,
  });
  expect(await opened()).toMatchObject({ token: 'secret-token', cookies: cookiesOf('secret-cookie') });
  expect(await world.sessions.getDeviceSessions(ADA)).toMatchObject([
    { protected: false, accessTokenHash: null, expiresAt: START + 6 * DAY },
  ]);
});

test('an old one-session row, with no type and perhaps no fingerprint, becomes the background session', async () => {
  const { session_type: _, fingerprint: __, ...old } = row();

  await world.import([old]);

  expect(await world.all()).toMatchObject([
    { sessionType: 'background', fingerprint: generateBackgroundFingerprint(ADA, SALT), loginFingerprint: null },
  ]);
});

test.each([
  ['an old row without type', untypedRow(live), BROWSER],
  [
    'a row made with another salt',
    backgroundRow({ ...live, fingerprint: `bg-${'a'.repeat(40)}` }),
    `bg-${'a'.repeat(40)}`,
  ],
])('%s goes on under the fingerprint AimHarder knows it by, until a login', async (_, one, own) => {
  expect(await world.import([one], { aimHarder: world.aimHarder })).toMatchObject({ alive: 1, foreignFingerprint: 1 });

  expect((await opened()).fingerprint).toBe(own);
  expect(await world.all()).toMatchObject([{ fingerprint: generateBackgroundFingerprint(ADA, SALT) }]);
  await world.logins.storeSession(background(ADA));
  expect((await opened()).fingerprint).toBe(generateBackgroundFingerprint(ADA, SALT));
});

test('whoami proves sessions alive, and only those are refreshed', async () => {
  const rows = [
    backgroundRow(live),
    backgroundRow({ user_email: 'bob@example.com', aimharder_cookies: cookiesOf('dead') }),
  ];

  expect(await world.import(rows, { aimHarder: world.aimHarder })).toMatchObject({
    written: 2,
    alive: 1,
    needLogin: 1,
  });

  expect(await world.sessions.getBackgroundSession(ADA)).toMatchObject({
    state: 'active',
    boxes: [{ box: 'box-a', boxId: '1', name: 'A' }],
  });
  expect((await opened()).cookies).toEqual([
    { name: 'amhrdrauth', value: 'alive' },
    { name: 'odd', value: 'next' },
  ]);
  expect(await world.sessions.getBackgroundSession('bob@example.com')).toMatchObject({ state: 'login-required' });
  const { Items = [] } = await world.documents.send(
    new ScanCommand({ TableName: 'sessions', IndexName: 'byRefreshSlot' }),
  );
  expect(Items.map(({ email }) => email)).toEqual([ADA]);
});

test('a repeated import changes nothing, and keeps a session that a login has made', async () => {
  const rows = [backgroundRow(), backgroundRow({ user_email: 'bob@example.com' })];
  await world.logins.storeSession(background('bob@example.com', 'newer'));
  await world.import(rows);

  expect(await world.import(rows)).toMatchObject({ written: 0, existing: 2, existingNeedLogin: 1 });

  expect((await opened('bob@example.com')).token).toBe('newer');
});

test('a dry run reads the table and counts the sessions in the table already', async () => {
  await world.import([backgroundRow(), row()]);

  expect(
    await world.import([backgroundRow(), row(), backgroundRow({ user_email: 'bob@example.com' })], { write: false }),
  ).toMatchObject({ written: 1, existing: 2, existingNeedLogin: 2 });
});

test('a repeated import activates a session that is now proven alive, and never changes an active one', async () => {
  const rows = [backgroundRow(live)];
  await world.import(rows);
  expect(await world.sessions.getBackgroundSession(ADA)).toMatchObject({ state: 'login-required' });

  expect(await world.import(rows, { aimHarder: world.aimHarder })).toMatchObject({ written: 1, alive: 1 });
  const proven = await world.sessions.getBackgroundSession(ADA);
  expect(proven).toMatchObject({ state: 'active' });

  const newer = [backgroundRow({ ...live, updated_at: iso(DAY / 2) })];
  expect(await world.import(newer)).toMatchObject({ written: 0, existing: 1, existingNeedLogin: 0 });
  expect(await world.import(newer, { aimHarder: world.aimHarder })).toMatchObject({ written: 0, existing: 1 });
  expect(await world.sessions.getBackgroundSession(ADA)).toEqual(proven);
});

test('a newer export replaces a session that needs a login, an older one does not', async () => {
  const at = (updated_at: string) => [backgroundRow({ updated_at })];
  await world.import(at(iso(-DAY)));

  expect(await world.import(at(iso(-2 * DAY)))).toMatchObject({ written: 0 });
  expect(await world.import(at(iso(0)))).toMatchObject({ written: 1 });
});

test('a dead session that a login here made is replaced only by a row proven alive', async () => {
  await world.logins.storeSession(background(ADA, 'of-a-login'));
  await world.state.markLoginRequired(defined(await world.sessions.getBackgroundSession(ADA)));
  const rows = [backgroundRow({ ...live, updated_at: iso(DAY / 2) })];

  expect(await world.import(rows)).toMatchObject({ written: 0, existing: 1, existingNeedLogin: 1 });
  expect((await opened()).token).toBe('of-a-login');
  expect(await world.import(rows, { aimHarder: world.aimHarder })).toMatchObject({ written: 1, alive: 1 });
  expect((await opened()).token).toBe('secret-token');
});

test('an import repeated with another salt makes no second background session', async () => {
  const rows = [backgroundRow(live)];
  await world.import(rows, { aimHarder: world.aimHarder });

  const repeated = { aimHarder: world.aimHarder, salt: 'another-salt' };
  expect(await world.import(rows, repeated)).toMatchObject({ written: 0, existing: 1 });

  expect(await world.all()).toHaveLength(1);
});

test('a row that a rollback made from a device session counts as that stored session', async () => {
  await world.logins.storeSession(device(ADA, BROWSER));

  expect(await world.import([untypedRow()])).toMatchObject({ written: 0, existing: 1 });
  expect(await world.import([untypedRow({ fingerprint: 'another-browser' })])).toMatchObject({ written: 1 });
});
