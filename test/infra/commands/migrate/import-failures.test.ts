import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { SessionItem } from '../../../../infra/commands/migrate/import-item.ts';
import { isItemFault, putIfFree } from '../../../../infra/commands/migrate/import-table.ts';
import type { AimHarder } from '../../../../lib/aimharder/client.ts';
import { toIso } from '../../../../lib/platform/dynamodb.ts';
import {
  ADA,
  backgroundRow,
  cookiesOf,
  type MigrateWorld,
  row,
  startMigrateWorld,
  untypedRow,
} from '../../../support/infra/migrate-world.ts';
import { background, defined } from '../../../support/sessions/session-world.ts';

let world: MigrateWorld;
beforeEach(async () => {
  world = await startMigrateWorld();
});
afterEach(() => world.stop());

const live = { aimharder_cookies: cookiesOf('alive') };
const members = (count: number) =>
  Array.from({ length: count }, (_, index) => backgroundRow({ user_email: `member-${index}@example.com` }));
/** One member's sessions are proven one after the other. */
const devices = (count: number) =>
  Array.from({ length: count }, (_, index) => row({ fingerprint: `browser-${index}` }));

test('a row that DynamoDB rejects is refused; the member’s next best row is tried, and other members are imported', async () => {
  // A box whose name alone is more than an item may hold.
  const aimHarder: Pick<AimHarder, 'whoAmI'> = {
    async whoAmI(session) {
      const name = session.cookies[0]?.value === 'much' ? 'A'.repeat(500_000) : 'A';
      return { kind: 'member', session, boxes: [{ box: 'box-a', boxId: '1', name }] };
    },
  };
  const much = { aimharder_cookies: cookiesOf('much') };
  const rows = [
    backgroundRow(much),
    untypedRow(live),
    backgroundRow({ ...much, user_email: 'bob@example.com' }),
    ...members(20),
  ];

  expect(await world.import(rows, { aimHarder })).toMatchObject({
    background: 21,
    refused: 2,
    written: 21,
    leftOut: 0,
    failure: undefined,
  });

  expect(world.printed.filter((line) => line.includes('refused')).toSorted()).toEqual([
    'row 1: refused: DynamoDB rejects the item',
    'row 3: refused: DynamoDB rejects the item',
  ]);
});

test('a row that cannot be marshalled is refused; if the database cannot be reached, no row is', async () => {
  const item = (tokenUpdateCount: number) =>
    ({ email: 'ada@example.com', fingerprint: 'f', state: 'active', tokenUpdateCount }) as SessionItem;
  const table = { documents: world.documents, table: 'sessions' };

  expect(isItemFault(await putIfFree(table, item(2 ** 60)).catch((error: unknown) => error))).toBe(true);
  expect(isItemFault(await putIfFree({ ...table, table: 'none' }, item(1)).catch((error: unknown) => error))).toBe(
    false,
  );
  await world.stop();
  expect(isItemFault(await putIfFree(table, item(1)).catch((error: unknown) => error))).toBe(false);
});

test('a session that a login makes during the import is not overwritten', async () => {
  await world.logins.storeSession(background(ADA));
  const session = defined(await world.sessions.getBackgroundSession(ADA));
  await world.state.markLoginRequired(session);
  const { fingerprint, updatedAt } = session;
  const item = { email: ADA, fingerprint, updatedAt: toIso(updatedAt + 1), state: 'login-required' } as SessionItem;
  const table = { documents: world.documents, table: 'sessions' };

  expect(await putIfFree(table, item)).toBe(false);
  expect(await putIfFree(table, { ...item, state: 'active' })).toBe(true);
  expect(await putIfFree(table, { ...item, state: 'active' })).toBe(false);
});

test('any other failure stops the import after its workers have ended, and the counts are kept', async () => {
  let [asked, atWork] = [0, 0];
  const breaking: Pick<AimHarder, 'whoAmI'> = {
    async whoAmI() {
      asked += 1;
      if (asked === 12) throw new Error('broken');
      atWork += 1;
      // AimHarder takes its time: the others are still at work when one breaks.
      for (let round = 0; round < 50; round += 1) await setImmediate();
      atWork -= 1;
      return { kind: 'nobody' };
    },
  };

  const { failure, written } = await world.import(members(100), { aimHarder: breaking });

  expect(failure).toEqual(new Error('broken'));
  expect(atWork).toBe(0);
  expect(written).toBeLessThan(30);
  expect(written).toBe(asked - 1);
});

test('a database that cannot be reached stops the import', async () => {
  await world.stop();

  expect(await world.import(members(3))).toMatchObject({ written: 0, failure: expect.any(Error) });
});

test('sessions about which AimHarder gave no answer are counted apart, and the next import asks about them again', async () => {
  const dead = { aimharder_cookies: cookiesOf('dead') };
  const rows = [backgroundRow(live), row({ ...dead, user_email: 'bob@example.com' })];
  const { aimHarder, upstream } = world;
  upstream.answer(({ headers }) =>
    String(headers['cookie']).includes('alive') ? { status: 503 } : { body: JSON.stringify({ data: [] }) },
  );

  expect(await world.import(rows, { aimHarder })).toMatchObject({ written: 2, alive: 0, needLogin: 1, unanswered: 1 });
  expect(await world.import(rows, { aimHarder })).toMatchObject({
    written: 0,
    existingNeedLogin: 1,
    existingUnanswered: 1,
  });
});

test.each([
  [503, 'upstream-rejected'],
  [403, 'address-refused'],
])(
  'after 20 failures in a row (%i) AimHarder is not asked again, and the rest counts as not asked',
  async (status, why) => {
    world.upstream.answer({ status });

    expect(await world.import(devices(25), { aimHarder: world.aimHarder })).toMatchObject({
      written: 25,
      unanswered: 25,
    });

    expect(world.upstream.heard).toHaveLength(20);
    expect(world.printed).toContain(`AimHarder failed to answer 20 times in a row (${why}). It is not asked again.`);
  },
);

test('an answer in between resets the count of failures', async () => {
  const { upstream } = world;
  upstream.answer(() => (upstream.heard.length === 15 ? { body: JSON.stringify({ data: [] }) } : { status: 503 }));

  expect(await world.import(devices(25), { aimHarder: world.aimHarder })).toMatchObject({
    unanswered: 24,
    needLogin: 1,
  });

  expect(upstream.heard).toHaveLength(25);
});
