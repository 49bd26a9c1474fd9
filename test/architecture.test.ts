import { readdirSync, readFileSync } from 'node:fs';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

/** Who may import whom. A module not named here, or an import not allowed here, fails. */
const MAY_IMPORT: readonly (readonly [from: RegExp, to: RegExp])[] = [
  [/^lib\/platform\//, /^(lib\/platform\/|@aws-sdk\/|zod\/mini$|node:)/],
  [/^lib\/http\//, /^(lib\/(http|platform)\/|@middy\/core$|zod\/mini$|node:crypto$)/],
  [/^lib\/aimharder\//, /^(lib\/(aimharder|platform)\/|zod\/mini$|set-cookie-parser$|node:)/],
  [/^lib\/boxes\//, /^(lib\/(boxes|aimharder|platform)\/|@aws-sdk\/|@date-fns\/tz\/tzOffset$|zod\/mini$)/],
  [
    /^lib\/sessions\//,
    /^(lib\/(sessions|events|aimharder|platform)\/|lib\/http\/(fields|paging)\.ts$|@aws-sdk\/|zod\/mini$|node:)/,
  ],
  [
    /^lib\/bookings\//,
    /^(lib\/(bookings|boxes|sessions|aimharder|platform)\/|lib\/http\/(fields|paging)\.ts$|@aws-sdk\/|zod\/mini$)/,
  ],
  [
    /^lib\/prebookings\//,
    /^(lib\/(prebookings|bookings|boxes|sessions|events|aimharder|platform)\/|lib\/http\/(fields|paging)\.ts$|@aws-sdk\/|zod\/mini$|node:)/,
  ],
  [
    /^lib\/calendar\//,
    /^(lib\/(calendar|prebookings|bookings|boxes|platform)\/|@aws-sdk\/|ical-generator$|zod\/mini$|node:)/,
  ],
  [
    /^lib\/notifications\//,
    /^(lib\/(notifications|prebookings|events|platform)\/|@aws-sdk\/|ipaddr\.js$|zod\/mini$|node:)/,
  ],
  [
    /^lib\/routines\//,
    /^(lib\/(routines|prebookings|calendar|bookings|boxes|sessions|aimharder|platform)\/|lib\/http\/(fields|paging)\.ts$|@aws-sdk\/|zod\/mini$|node:)/,
  ],
  [/^lib\/events\//, /^(lib\/(events|prebookings|sessions|platform)\/|@aws-sdk\/client-eventbridge$|zod\/mini$)/],
  [/^lib\/compose\.ts$/, /^(lib\/|@aws-sdk\/)/],
  [/^functions\//, /^(lib\/|zod\/mini$)/],
];

/** The rules themselves: no SDK, no clock, no environment. */
const PURE = [
  'lib/sessions/fingerprint.ts',
  'lib/sessions/session.ts',
  'lib/refresh/timing-wheel.ts',
  'lib/boxes/opening.ts',
  'lib/prebookings/prebooking.ts',
  'lib/firing/verdict.ts',
  'lib/firing/aim.ts',
  'lib/calendar/agenda.ts',
  'lib/notifications/notification-settings.ts',
  'lib/notifications/message.ts',
  'lib/notifications/message-type.ts',
  'lib/notifications/backoff.ts',
  'lib/routines/routine.ts',
  'lib/routines/date-outcome.ts',
];

async function imports() {
  const { metafile } = await build({
    entryPoints: ['functions/*.ts', 'lib/**/*.ts'],
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    metafile: true,
    write: false,
    outdir: 'unused',
    logLevel: 'silent',
  });
  return Object.entries(metafile.inputs).flatMap(([from, input]) =>
    input.imports.map(({ path }) => ({ from, to: path })),
  );
}

test('imports follow the table; production code never reaches infra or test', async () => {
  const strays = (await imports())
    .filter(({ from, to }) => !MAY_IMPORT.some(([f, t]) => f.test(from) && t.test(to)))
    .map(({ from, to }) => `${from} → ${to}`);

  expect(strays).toEqual([]);
});

test('pure rules import no SDK', async () => {
  const strays = (await imports()).filter(
    ({ from, to }) => PURE.includes(from) && /^(@aws-sdk|@middy|node:(?!crypto))/.test(to),
  );

  expect(strays).toEqual([]);
});

const sources = ['functions', 'lib', 'infra', 'test'].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.includes('node_modules'))
    .map((file) => `${folder}/${file}`),
);
const code = (file: string) => readFileSync(file, 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');

/** The clock itself, and the test that holds it against the platform's. */
const CLOCK = ['lib/platform/system-clock.ts', 'test/platform/system-clock.test.ts', 'test/architecture.test.ts'];

test('the clock is read in one place', () => {
  const readers = sources.filter((file) => !CLOCK.includes(file) && /Date\.now\(\)|new Date\(\)/.test(code(file)));

  expect(readers).toEqual([]);
});

test('nothing is typed any', () => {
  const strays = sources.filter(
    (file) =>
      file !== 'test/architecture.test.ts' && /(:|<|as|,)\s*any\b(?!\()/.test(code(file).replaceAll(/'[^'\n]*'/g, '')),
  );

  expect(strays).toEqual([]);
});

test('no file outgrows 300 lines', () => {
  const grown = sources.filter((file) => readFileSync(file, 'utf8').split('\n').length > 300);

  expect(grown).toEqual([]);
});
