import { describe, expect, test } from 'vitest';
import { examine } from '../../../infra/doctor/examine.ts';
import { exitCodeOf, reportOf, tableOf } from '../../../infra/doctor/report.ts';
import { type GymOptions, startGym } from '../../../infra/local/gym/gym.ts';
import { systemClock as clock } from '../../../lib/platform/system-clock.ts';

const EMAIL = 'ada.lovelace@example.com';
const signal = new AbortController().signal;

/** What the doctor finds at a gym with these switches thrown. */
async function examined(
  options: GymOptions,
  {
    listens = 3_000,
    password,
    prepare,
  }: {
    readonly listens?: number;
    readonly password?: string;
    readonly prepare?: (gym: Awaited<ReturnType<typeof startGym>>) => void;
  } = {},
) {
  const gym = await startGym(options);
  prepare?.(gym);
  const login = { email: EMAIL, password: password ?? gym.demo.password };
  const examination = await examine({ origins: gym.origins, login, clock, signal, listens });
  const shots = gym.record.bookings.length;
  await gym.stop();
  const { findings } = examination;
  return {
    of: (name: string) => findings.find(({ fact }) => fact === name),
    changed: findings.filter(({ verdict }) => verdict === 'changed').map(({ fact }) => fact),
    unknown: findings.filter(({ verdict }) => verdict === 'unknown').map(({ fact }) => fact),
    shots,
    exit: exitCodeOf(examination),
    shown: `${tableOf(findings)}\n${reportOf(examination, '2026-03-27T19:30:00.000Z')}`,
  };
}

test('all is as it was, nothing is booked, and nothing of the member is shown', async () => {
  const { changed, unknown, exit, shots, shown, of } = await examined({ skewMs: 1_500 });

  expect({ changed, unknown, exit, shots }).toEqual({ changed: [], unknown: [], exit: 0, shots: 0 });
  expect(of('clock')?.found).toMatch(/^1[45]\d\d\.\d ms ahead of this machine’s, give or take/);
  for (const secret of [EMAIL, 'lovelace', 'demo-password', 'crossfit-demo', 'on-the-dot-doctor'])
    expect(shown.toLowerCase()).not.toContain(secret);
  expect(shown).not.toMatch(/\d+\|\d{10}\|[0-9a-f]{8}/);
});

/** What a member can tell without booking: each switch by its name, what it changes, and how that is put. */
const SWITCHES: readonly (readonly [string, GymOptions, readonly string[], string, RegExp])[] = [
  [
    'the login of 2025',
    { generation: 2025 },
    ['login', 'refusal', 'old form login'],
    'login',
    /no JSON login: status 404/,
  ],
  ['both logins', { generation: 'both' }, ['old form login'], 'old form login', /in force/],
  ['a login without the cookie', { loginTrap: 'no-cookie' }, ['login'], 'login', /authOK without the session cookie/],
  ['a cookie without authOK', { loginTrap: 'cookie-only' }, ['login'], 'login', /cookie without authOK/],
  ['a cookie for one host', { cookieDomain: null }, ['session cookie'], 'session cookie', /for one host only/],
  ['the twin on .es', { cookieDomain: '.aimharder.es' }, [], 'session cookie', /for \.?aimharder\.es/],
  ['no tokenUpdate: 404', { tokenUpdate: '404' }, ['tokenUpdate'], 'tokenUpdate', /gone: status 404/],
  ['no tokenUpdate: 405', { tokenUpdate: '405' }, ['tokenUpdate'], 'tokenUpdate', /gone: status 405/],
  ['no tokenUpdate: a page', { tokenUpdate: 'html' }, ['tokenUpdate'], 'tokenUpdate', /gone: status 200 with a page/],
  ['tokenUpdate sets the balancer’s cookies', {}, [], 'tokenUpdate', /new token, sets AWSALB, AWSALBCORS$/],
  ['tokenUpdate sets them all', { tokenUpdateCookies: 'all' }, [], 'tokenUpdate', /sets amhrdrauth, PHPSESSID/],
  ['an older token is refused', { oldTokenLifeMs: 0 }, ['older token'], 'older token', /refused/],
  [
    'drifting types',
    { typeDrift: true },
    ['timetable: envelope', 'timetable: rows'],
    'timetable: rows',
    /ocupation is text, not number/,
  ],
  ['classes hidden until open', { hiddenUntilOpen: true }, ['classes ahead'], 'classes ahead', /up to 3 days/],
  ['a wrong password is 200', { wrongPassword: '200' }, [], 'refusal', /200 with authOK false/],
  ['a wrong password is 401', { wrongPassword: '401' }, [], 'refusal', /401/],
  [
    'a second login ends the first',
    { sameFingerprintEndsFirst: true },
    ['second login, same fingerprint'],
    'second login, same fingerprint',
    /ends/,
  ],
  ['no Date', { date: 'missing' }, ['Date of answers'], 'Date of answers', /missing/],
  ['a cached Date', { date: 'cached' }, ['Date of answers'], 'Date of answers', /cache/],
  ['a Date that stands still', { date: 'stale' }, ['Date of answers'], 'Date of answers', /stands still/],
  ['a clock behind', { skewMs: -700 }, [], 'clock', /^[67]\d\d\.\d ms behind/],
  [
    'a long way',
    { path: { inboundMs: 30, outboundMs: 40, jitterMedianMs: 0, jitterSigma: 0 } },
    [],
    'round trip',
    /^(?:7|8|9)\d\.\d ms at best/,
  ],
];

describe.concurrent('tells apart', () => {
  test.each(SWITCHES)(
    '%s',
    async (_name, options, changed, fact, found) => {
      const examination = await examined(options);

      expect(examination.changed.toSorted()).toEqual(changed.toSorted());
      expect(examination.of(fact)?.found).toMatch(found);
      expect(examination.exit).toBe(changed.length > 0 ? 1 : 0);
      expect(examination.shots).toBe(0);
    },
    30_000,
  );

  test('servers whose clocks disagree', async () => {
    const { changed } = await examined({ servers: [0, 5_000] }, { listens: 6_000 });

    expect(changed).toEqual(['clock']);
  }, 30_000);
});

test.each([
  ['is down', { kind: 'status', status: 503 }],
  ['breaks the connection', { kind: 'reset' }],
] as const)('when AimHarder %s, nothing is called changed', async (_name, fault) => {
  const { changed, unknown, exit } = await examined({}, { prepare: (gym) => gym.failNext('/api/login', fault, 9) });

  expect({ changed, exit }).toEqual({ changed: [], exit: 2 });
  expect(unknown).toContain('login');
});

test.each(['/api/whoami', '/api/bookings', '/api/tokenUpdate', '/setrefresh'])(
  '%s out of order is unknown, the rest is asked',
  async (path) => {
    const { changed, unknown, of } = await examined(
      {},
      {
        prepare: (gym) => gym.failNext(path, { kind: 'status', status: 500 }, 99),
      },
    );

    expect(changed).toEqual([]);
    expect(unknown.length).toBeGreaterThan(0);
    expect(of('login')?.verdict).toBe('ok');
  },
);

test('a wrong password is told as such, and no stranger is tried', async () => {
  const { changed, exit, of } = await examined({}, { password: 'wrong' });

  expect({ changed, exit }).toEqual({ changed: [], exit: 2 });
  expect(of('login')?.found).toMatch(/wrong e-mail or password/);
});

test('a field whose name is data keeps it', async () => {
  const body = JSON.stringify({ bookings: [{ id: 1, time: '07:00 - 08:00', 'Ada Lovelace 1815': 1 }] });
  const { shown, changed } = await examined(
    {},
    {
      prepare: (gym) => gym.failNext('/api/bookings', { kind: 'answer', body }, 99),
    },
  );

  expect(changed).toContain('timetable: rows');
  expect(shown).not.toContain('Lovelace');
});
