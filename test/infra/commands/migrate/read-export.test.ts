import { afterEach, beforeEach, expect, test } from 'vitest';
import { readExport } from '../../../../infra/commands/migrate/read-export.ts';
import { DAY } from '../../../../lib/platform/clock.ts';
import {
  backgroundRow,
  cookiesOf,
  csv,
  iso,
  type MigrateWorld,
  row,
  startMigrateWorld,
} from '../../../support/infra/migrate-world.ts';

let world: MigrateWorld;
beforeEach(async () => {
  world = await startMigrateWorld();
});
afterEach(() => world.stop());

const HEADER = 'user_email,aimharder_token,aimharder_cookies,created_at,updated_at';

test.each([
  ['export.csv', `${HEADER}\nada@example.com,"secret-token"secret,,,\n`, 'line 2'],
  ['export.csv', `${HEADER}\r\na,"two\r\nlines",,,\r\nb,"secret-token"secret,,,\r\n`, 'line 4'],
  ['export.json', '[{"aimharder_token":"ok"},\n{"aimharder_token":"secret-token"secret}]', 'line 2'],
  ['export.json', 'secret-token', 'JSON'],
  ['export.json', '{"aimharder_token":"secret-token"}', 'The JSON file is not a list of rows.'],
  [
    'export.csv',
    'user_email,aimharder_token,secret\na,b,c\n',
    'The header has no column aimharder_cookies, created_at, updated_at.',
  ],
  ['export.txt', HEADER, 'The name of a file must end in .csv or .json'],
])('a broken file is refused with its position, and no content is shown: %s %#', (name, text, told) => {
  expect(() => world.exported(name, text)).toThrow(told.replace('’', "'"));
  expect(() => world.exported(name, text)).not.toThrow(/secret/);
});

test('a CSV row is named by the line it begins on', () => {
  const text = `\uFEFF${HEADER}\r\n\r\na,é,"three\r\n\r\nlines",,\r\nb,,,,\r\n\r\nc,,,`;

  const rows = world.exported('export.csv', text);

  expect(rows.map(({ position }) => position)).toEqual(['line 3', 'line 6', 'line 8']);
  expect(rows[0]).toMatchObject({ row: { user_email: 'a', aimharder_cookies: 'three\r\n\r\nlines' } });
});

test('a row with more or fewer fields than the header is refused, and the others are imported', async () => {
  const [header, good] = csv([backgroundRow()]).split('\n');
  const rows = world.exported('export.csv', [header, `${good},"more"`, good, 'ada@example.com,"secret"'].join('\n'));

  expect(await world.import(rows)).toMatchObject({ refused: 2, written: 1 });
  expect(world.printed.slice(0, 2)).toEqual([
    'line 2: refused: 10 fields, the header has 9',
    'line 4: refused: 2 fields, the header has 9',
  ]);
});

test('JSON may begin with a byte-order mark; its rows are numbered; the file’s ending may be in capitals', () => {
  const text = JSON.stringify([row(), row()], undefined, 1);

  expect(world.exported('EXPORT.JSON', `\uFEFF${text}`).map(({ position }) => position)).toEqual(['row 1', 'row 2']);
  expect(readExport(world.file('EXPORT.CSV', csv([row()])))).toHaveLength(1);
});

test('every refused row is printed with its line, the others are imported, and no token or cookie is shown', async () => {
  const wrong = [
    row({ user_email: 'nobody' }),
    row({ aimharder_cookies: 'secret-not-json' }),
    row({ aimharder_token: '' }),
    row({ aimharder_cookies: cookiesOf('secret\nline') }),
    row({ fingerprint: 'bg-secret' }),
    row({ session_type: 'secret-type' }),
    row({ created_at: 'secret-time' }),
  ];
  const rows = world.exported('export.csv', csv([...wrong, backgroundRow()]));

  expect(await world.import(rows)).toMatchObject({ refused: 7, written: 1 });
  expect(world.printed.filter((line) => line.includes('refused'))).toHaveLength(7);
  expect(world.printed[0]).toBe('line 2: refused: user_email: an e-mail address');
  expect(world.printed.join('\n')).not.toContain('secret');
});

test.each([
  ['token_update_count: a whole number from 0 on', { token_update_count: -1 }],
  ['token_update_count: a whole number from 0 on', { token_update_count: 1.5 }],
  ['token_update_count: a whole number from 0 on', { token_update_count: '1e300' }],
  ['token_update_count: a whole number from 0 on', { token_update_count: 2 ** 53 }],
  ['token_update_count: a whole number from 0 on', { token_update_count: true }],
  ['aimharder_token: at most 100 kB', { aimharder_token: 'é'.repeat(50_001) }],
  ['aimharder_cookies: at most 100 kB', { aimharder_cookies: cookiesOf('c'.repeat(100_000)) }],
  ['fingerprint: at most 256 characters', { session_type: null, fingerprint: 'x'.repeat(257) }],
  ['created_at: a time', { created_at: '2026-02-30T10:00:00Z' }],
  ['created_at: a time', { created_at: '2026-02-28 25:00:00+00' }],
  ['updated_at: a time', { updated_at: '2026' }],
  ['updated_at: a time', { updated_at: 1_770_000_000_000 }],
  ['updated_at: a time', { updated_at: '1770000000' }],
  ['last_token_update_date: a time', { last_token_update_date: '7' }],
  ['created_at: is in the future', { created_at: iso(DAY + 1) }],
  [
    'updated_at: is in the future; last_token_update_date: is in the future',
    { updated_at: iso(DAY + 1), last_token_update_date: iso(2 * DAY) },
  ],
])('a row is refused: %s %#', async (reason, changes) => {
  expect(await world.import([row(changes)])).toMatchObject({ refused: 1, written: 0 });
  expect(world.printed[0]).toBe(`row 1: refused: ${reason}`);
});

test.each([
  ['2026-03-19 10:00:00', '2026-03-19T10:00:00Z'],
  ['2026-03-19 10:00:00.123456+00', '2026-03-19T10:00:00.123Z'],
  ['2026-03-19 10:00:00+05:30', '2026-03-19T04:30:00Z'],
  ['2026-03-19T10:00:00-0300', '2026-03-19T13:00:00Z'],
  ['2026-03-19T10:00:00.5Z', '2026-03-19T10:00:00.500Z'],
])('a time is read as Postgres writes it: %s', async (created_at, instant) => {
  await world.import([row({ created_at })]);

  expect(await world.all()).toMatchObject([{ createdAt: Date.parse(instant) }]);
});
