import { expect, test } from 'vitest';
import { readStartOptions } from '../../../infra/commands/start-options.ts';

const ELSEWHERE = {
  AIMHARDER_ORIGIN: 'http://127.0.0.1:1/www',
  AIMHARDER_LOGIN_ORIGIN: 'http://127.0.0.1:1/login',
  AIMHARDER_BOX_ORIGIN: 'http://127.0.0.1:1/gym/{box}',
};
const STANDS_THERE = {
  origin: 'http://127.0.0.1:1/www',
  login: 'http://127.0.0.1:1/login',
  box: 'http://127.0.0.1:1/gym/{box}',
};

test('--live alone is the real AimHarder; without it, and without the three variables, it is the simulator', () => {
  expect(readStartOptions(['--live'], {}).upstream).toEqual({
    origin: 'https://aimharder.com',
    login: 'https://login.aimharder.com',
    box: 'https://{box}.aimharder.com',
  });
  expect(readStartOptions([], {}).upstream).toBeUndefined();
});

test.each([
  [['--live'], true],
  [[], false],
])('with arguments %j the three variables say where AimHarder stands', (argv, isLive) => {
  expect(readStartOptions(argv, ELSEWHERE)).toMatchObject({ upstream: STANDS_THERE, isLive });
});

test.each([
  [['--live'], { AIMHARDER_ORIGIN: 'http://127.0.0.1:1' }, 'Set AIMHARDER_LOGIN_ORIGIN and AIMHARDER_BOX_ORIGIN too'],
  [['--life'], {}, 'npm start does not know --life.'],
  [[], { ...ELSEWHERE, AIMHARDER_BOX_ORIGIN: 'http://127.0.0.1:1' }, 'AIMHARDER_BOX_ORIGIN must hold {box}'],
  [[], { HOST: '0.0.0.0' }, 'Set ALLOWED_EMAILS to those who may, such as ALLOWED_EMAILS=you@example.com'],
  [[], { HOST: '0.0.0.0', ALLOWED_EMAILS: ' , ' }, 'With HOST=0.0.0.0 other machines can reach this service'],
  [[], { HOST: 'gym.example', ALLOWED_EMAILS: 'ana' }, 'ALLOWED_EMAILS must be e-mail addresses and domains'],
  [[], { TRUSTED_PROXY: '127.0.0.1' }, 'With TRUSTED_PROXY=127.0.0.1 other machines can reach this service'],
  [[], { TRUSTED_PROXY: 'proxy', ALLOWED_EMAILS: '@example.com' }, 'TRUSTED_PROXY must be addresses or networks'],
  [[], { TRUSTED_PROXY: '10.0.0.0/33', ALLOWED_EMAILS: '@example.com' }, 'not 10.0.0.0/33.'],
  [[], { TLS_CERT: 'cert.pem' }, 'Set TLS_KEY too'],
  [[], { TLS_KEY: 'key.pem' }, 'Set TLS_CERT too'],
  [[], { AIM: 'Safe' }, 'AIM'],
  [[], { BOX_OPENINGS: '{' }, 'configuration: BOX_OPENINGS must be JSON such as {"box-sur"'],
  [[], { BOX_TIMEZONES: '{"box-sur": "Marte"}' }, 'configuration: BOX_TIMEZONES must be JSON'],
  [
    ['--live'],
    { MAX_PENDING_PREBOOKINGS: '0' },
    'configuration: MAX_PENDING_PREBOOKINGS must be a whole number above 0',
  ],
  [[], { REFRESH_SLOTS: '13' }, 'REFRESH_SLOTS'],
  [[], { PUBLIC_URL: 'gym.example' }, 'PUBLIC_URL must be an address such as https://gym.example.com'],
])('%j with %j is refused with what to do', (argv, environment, sentence) => {
  expect(() => readStartOptions(argv, environment)).toThrow(sentence);
});

test.each(['127.0.0.1', 'localhost', '::1', '127.0.0.2', ''])(
  'HOST=%s is this machine alone, and needs no list',
  (HOST) => {
    expect(readStartOptions([], { HOST }).reach.isExposed).toBe(false);
  },
);
