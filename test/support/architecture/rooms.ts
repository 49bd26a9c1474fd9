/**
 * The rooms of `lib`, by floors, the highest first: the life of a pre-booking from the plan that orders it to the clock
 * that times it. An import may only go to a lower floor.
 */
const SPINE: readonly (readonly string[])[] = [
  ['lib/compose'],
  ['lib/listings', 'lib/accounts'],
  ['lib/routines'],
  ['lib/firing', 'lib/calendar', 'lib/notifications'],
  ['lib/prebookings'],
  ['lib/bookings'],
  ['lib/refresh'],
  ['lib/login'],
  ['lib/sessions', 'lib/boxes', 'lib/doctor'],
  ['lib/aimharder', 'lib/http', 'lib/events'],
  ['lib/platform'],
];

/** The members' page runs in browsers: no other room imports it, and it imports no other room. */
const PAGE = 'lib/page';

/** Which rooms the rooms around `lib` may import; `lib` stands for each of its rooms. */
const AROUND: Readonly<Record<string, readonly string[]>> = {
  functions: ['lib'],
  'esbuild.config.mjs': ['infra/bundle'],
  'vitest.config.ts': [],
  'infra/app.ts': ['infra/stack.ts', 'infra/options.ts', 'infra/bundle'],
  'infra/stack.ts': ['infra/constructs', 'infra/options.ts'],
  'infra/constructs': ['infra/options.ts', 'infra/catalog', 'lib'],
  'infra/options.ts': ['infra/catalog'],
  'infra/commands': ['infra/local', 'infra/simulator', 'infra/catalog', 'infra/bundle', 'lib'],
  'infra/commands/doctor': ['lib'],
  'infra/commands/member': ['infra/local', 'infra/catalog', 'lib'],
  'infra/commands/migrate': ['infra/local', 'lib'],
  'infra/local': ['infra/catalog', 'lib'],
  // The simulator stands for AimHarder in the client's tests, so it shares no code with the client.
  'infra/simulator': ['lib/platform'],
  'infra/catalog': ['lib'],
  'infra/bundle': ['infra/catalog'],
  'infra/bootstrap.mjs': [],
};

/** Files with few callers, and the only files that may import them besides their own room and the tests. */
export const DOORS: readonly { readonly of: RegExp; readonly opensTo: RegExp }[] = [
  {
    of: /^lib\/firing\//,
    opensTo: /^(functions\/(fire|prepare)-prebooking\.ts|lib\/compose\/.*|infra\/catalog\/check-settings\.ts)$/,
  },
  { of: /^lib\/http\/(?!fields\.ts|paging\.ts)/, opensTo: /^(functions|lib\/compose|infra\/catalog)\// },
];

const TABLE_CLIENT = '@aws-sdk/lib-dynamodb';

/** Which packages a room may import, type imports counted. A name that ends in `/` or `:` stands for all that begin so. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  'lib/compose': ['@aws-sdk/'],
  'lib/listings': ['zod/mini'],
  'lib/accounts': [TABLE_CLIENT, 'zod/mini', 'node:crypto'],
  'lib/routines': [TABLE_CLIENT, 'zod/mini', 'node:crypto'],
  'lib/firing': ['node:crypto'],
  'lib/calendar': [TABLE_CLIENT, 'ical-generator', 'zod/mini', 'node:crypto'],
  'lib/notifications': [
    TABLE_CLIENT,
    '@aws-sdk/client-sesv2',
    'ipaddr.js',
    'zod/mini',
    'node:crypto',
    'node:dns',
    'node:dns/promises',
    'node:http',
    'node:https',
    'node:net',
  ],
  'lib/prebookings': [TABLE_CLIENT, '@aws-sdk/client-scheduler', '@aws-sdk/client-sqs', 'zod/mini', 'node:crypto'],
  'lib/bookings': [TABLE_CLIENT, 'zod/mini'],
  'lib/refresh': [TABLE_CLIENT, 'zod/mini', 'node:crypto'],
  'lib/login': [TABLE_CLIENT, 'zod/mini', 'node:crypto'],
  'lib/sessions': [TABLE_CLIENT, 'zod/mini', 'node:crypto'],
  'lib/boxes': [TABLE_CLIENT, '@date-fns/tz/tzOffset', 'zod/mini', 'node:crypto'],
  'lib/doctor': ['@aws-sdk/client-cloudwatch', 'set-cookie-parser', 'zod/mini'],
  'lib/aimharder': ['zod/mini', 'node:dns', 'node:http', 'node:https', 'node:net'],
  'lib/http': ['@middy/core', 'aws-lambda', 'zod/mini', 'node:crypto', 'node:zlib'],
  'lib/events': ['@aws-sdk/client-eventbridge', 'zod/mini'],
  'lib/platform': [
    TABLE_CLIENT,
    '@aws-sdk/client-dynamodb',
    '@aws-sdk/client-lambda',
    '@aws-sdk/client-secrets-manager',
    'zod/mini',
    'node:async_hooks',
    'node:crypto',
  ],
  [PAGE]: ['preact', 'preact/hooks', '@preact/signals', 'uqr'],
  functions: ['aws-lambda', 'zod/mini'],
  'infra/app.ts': ['aws-cdk-lib', 'cdk-nag'],
  'infra/stack.ts': ['aws-cdk-lib', 'constructs'],
  'infra/constructs': ['aws-cdk-lib', 'aws-cdk-lib/', 'constructs', 'node:path'],
  'infra/options.ts': ['aws-cdk-lib/aws-logs', 'zod/mini'],
  'infra/commands': ['zod/mini', 'node:'],
  'infra/commands/doctor': ['node:'],
  'infra/commands/member': [TABLE_CLIENT, '@aws-sdk/client-lambda', 'zod/mini', 'node:'],
  'infra/commands/migrate': [
    TABLE_CLIENT,
    '@aws-sdk/client-dynamodb',
    '@aws-sdk/client-lambda',
    '@aws-sdk/client-secrets-manager',
    'csv-parse/sync',
    'csv-stringify/sync',
    'zod/mini',
    'node:',
  ],
  'infra/local': [TABLE_CLIENT, '@aws-sdk/client-dynamodb', 'dynalite', 'dynalite/', 'nodemailer', 'zod/mini', 'node:'],
  'infra/simulator': ['zod/mini', 'node:'],
  'infra/catalog': ['zod/mini'],
  'infra/bundle': ['@aws-sdk/credential-provider-env', 'esbuild', 'zod/mini', 'node:'],
  // The bootstrap runs before anything is installed.
  'infra/bootstrap.mjs': ['node:'],
  'esbuild.config.mjs': [],
  'vitest.config.ts': ['vitest/config', 'vitest/node'],
};

/** The pure files of the service: they load no SDK and no system module, not even indirectly. */
export const PURE: readonly string[] = [
  'lib/sessions/fingerprint.ts',
  'lib/sessions/session.ts',
  'lib/refresh/timing-wheel.ts',
  'lib/boxes/opening.ts',
  'lib/prebookings/prebooking.ts',
  'lib/bookings/evidence.ts',
  'lib/firing/next-shot.ts',
  'lib/firing/aim.ts',
  'lib/calendar/agenda.ts',
  'lib/notifications/notification-settings.ts',
  'lib/notifications/message.ts',
  'lib/notifications/backoff.ts',
  'lib/routines/routine.ts',
  'lib/routines/date-outcome.ts',
];

/** Every room: a folder, or a file that is a room by itself. */
export const ROOMS: readonly string[] = Object.keys(PACKAGES);

/** Finds the room of a file: the file itself, or the deepest folder above it that is a room. */
export const roomOf = (file: string): string | undefined =>
  ROOMS.filter((room) => file === room || file.startsWith(`${room}/`)).sort(
    (one, other) => other.length - one.length,
  )[0];

/** Tells whether a room may import another one. */
export function mayImport(from = '', to = ''): boolean {
  if (from === to) return true;
  if (from === PAGE || to === PAGE) return false;
  const [floor, below] = [from, to].map((room) => SPINE.findIndex((rooms) => rooms.includes(room)));
  if (floor !== undefined && floor >= 0) return below !== undefined && below > floor;
  return AROUND[from]?.some((room) => to === room || (room === 'lib' && to.startsWith('lib/'))) ?? false;
}

/** Tells whether a room may import a package. */
export const mayUse = (room = '', name: string): boolean =>
  PACKAGES[room]?.some((known) => name === known || (/[/:]$/.test(known) && name.startsWith(known))) ?? false;
