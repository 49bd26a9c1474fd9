import { afterEach, beforeEach, expect, test } from 'vitest';
import { HOUR } from '../../../../lib/platform/clock.ts';
import {
  ADA,
  backgroundRow,
  cookiesOf,
  iso,
  type MigrateWorld,
  row,
  startMigrateWorld,
  untypedRow,
} from '../../../support/infra/migrate-world.ts';
import { defined } from '../../../support/sessions/session-world.ts';

let world: MigrateWorld;
beforeEach(async () => {
  world = await startMigrateWorld();
});
afterEach(() => world.stop());

const token = async () => (await world.tokens.decrypt(defined(await world.sessions.getBackgroundSession(ADA)))).token;
const named = (name: string, cookies = 'dead') => ({ aimharder_token: name, aimharder_cookies: cookiesOf(cookies) });
const at = (hours: number) => iso(hours * HOUR);

test.each([
  [
    'a background session of its own goes before an old row',
    [
      untypedRow({ ...named('old'), updated_at: at(-1) }),
      backgroundRow({ ...named('odd'), fingerprint: 'no-background-one', updated_at: at(0) }),
      backgroundRow({ ...named('best'), updated_at: at(-9) }),
    ],
  ],
  [
    'the one that was updated last goes first',
    [
      untypedRow({ ...named('older'), updated_at: at(-5) }),
      untypedRow({ ...named('best'), updated_at: at(-9), last_token_update_date: at(-2) }),
      untypedRow({ ...named('old'), updated_at: at(-3) }),
    ],
  ],
])('of several rows of one member %s, whatever their order', async (_, rows) => {
  const best = rows.findIndex(({ aimharder_token }) => aimharder_token === 'best') + 1;

  expect(await world.import(rows)).toMatchObject({ background: 3, written: 1, leftOut: 2 });

  expect(await token()).toBe('best');
  expect(world.printed.filter((line) => line.includes('left out')).toSorted()).toEqual(
    [1, 2, 3]
      .filter((one) => one !== best)
      .map((one) => `row ${one}: left out: row ${best} is preferred for the same session`),
  );
});

test('a row that is proven alive is preferred to a better row that is not', async () => {
  const rows = [backgroundRow(named('best')), untypedRow(named('alive', 'alive')), untypedRow(named('other', 'alive'))];

  expect(await world.import(rows, { aimHarder: world.aimHarder })).toMatchObject({ written: 1, alive: 1, leftOut: 2 });

  expect(await token()).toBe('alive');
  expect(world.upstream.heard).toHaveLength(2);
  expect(world.printed).toContain('row 1: left out: row 2 is preferred for the same session');
});

test('rows of one device become one session, rows of two devices two', async () => {
  const rows = [row({ updated_at: at(-2) }), row(named('best')), row({ fingerprint: 'another-browser' })].map(
    (one, index) => (index === 1 ? { ...one, updated_at: at(-1) } : one),
  );

  expect(await world.import(rows)).toMatchObject({ device: 3, written: 2, leftOut: 1 });
  expect(await world.all()).toHaveLength(2);
});

test('an untyped row with a device’s fingerprint in the same export becomes that device’s session', async () => {
  expect(await world.import([untypedRow(), row()])).toMatchObject({ written: 1, existing: 1 });
  expect(await world.all()).toMatchObject([{ sessionType: 'device' }]);
});
