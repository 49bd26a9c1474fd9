import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AimHarder, type AimHarderSession } from '../../lib/aimharder/client.ts';
import { type Cookie, mergeCookies } from '../../lib/aimharder/cookies.ts';
import { systemClock } from '../../lib/platform/system-clock.ts';
import { type Scripted, type ScriptedUpstream, scriptedUpstream } from '../support/aimharder/scripted-upstream.ts';

/* However much AimHarder sends, what is kept of it is small: an item of a table may have 400 kB. */

let upstream: ScriptedUpstream;
let aimHarder: AimHarder;
beforeAll(async () => {
  upstream = await scriptedUpstream();
  aimHarder = new AimHarder({ origins: upstream.origins, clock: systemClock });
});
afterAll(() => upstream.stop());

const unhurried = new AbortController().signal;
const MEGABYTE = 'x'.repeat(1_000_000);
const SESSION: AimHarderSession = {
  fingerprint: 'bg-1',
  token: 'old',
  cookies: [{ name: 'amhrdrauth', value: 'auth' }],
};
const AT = { box: 'crossfit-demo', day: '2026-03-27' };

describe('the cookies of a session', () => {
  const NOON = Date.UTC(2026, 2, 27, 12);
  const source = { host: 'box.aimharder.com', cookieDomain: 'aimharder.com' };
  const set = (have: readonly Cookie[], ...lines: readonly string[]) => mergeCookies(have, lines, NOON, source);
  const names = (cookies: readonly Cookie[]) => cookies.map(({ name }) => name);
  const OURS = ['amhrdrauth', 'PHPSESSID', 'AWSALB', 'AWSALBCORS'];
  const login = set([], ...OURS.map((name) => `${name}=${name}`));

  test('stay few, whatever names AimHarder sets: the oldest foreign ones go first, ours stay', () => {
    let cookies = login;
    for (let answer = 0; answer < 1_000; answer += 1)
      cookies = set(cookies, ...[1, 2, 3].map((n) => `foreign-${answer}-${n}=1`));

    expect(cookies).toHaveLength(30);
    expect(names(cookies)).toEqual(expect.arrayContaining(OURS));
    expect(names(cookies)).toContain('foreign-999-3');
  });

  test('stay small, whatever values it sets', () => {
    let cookies = login;
    for (let answer = 0; answer < 50; answer += 1) cookies = set(cookies, `foreign-${answer}=${'v'.repeat(1_500)}`);

    expect(JSON.stringify(cookies).length).toBeLessThan(9_000);
    expect(names(cookies)).toEqual([...OURS, 'foreign-45', 'foreign-46', 'foreign-47', 'foreign-48', 'foreign-49']);
  });

  test('that are set anew with every answer count as new', () => {
    let cookies = set(login, 'needed=0');
    for (let answer = 0; answer < 100; answer += 1) cookies = set(cookies, `needed=${answer}`, `foreign-${answer}=1`);

    expect(cookies).toContainEqual({ name: 'needed', value: '99' });
  });

  test('are no larger than in a browser', () => {
    expect(set(login, `foreign=${'v'.repeat(4_090)}`)).toEqual(login);
    expect(set(login, `amhrdrauth=${'v'.repeat(4_096)}`)).toEqual(login);
  });

  test('keep a session alive at an AimHarder that sets new names with every answer', async () => {
    let answers = 0;
    upstream.answer(() => {
      answers += 1;
      const cookies = Array.from({ length: 100 }, (_, n) => `n${answers}-${n}=${'v'.repeat(50)}`);
      return { headers: { 'set-cookie': cookies }, body: '{"newToken":"1|2|3f"}' };
    });

    let session = SESSION;
    for (let refresh = 0; refresh < 10; refresh += 1) {
      const answer = await aimHarder.updateToken(session, unhurried);
      if (answer.kind === 'updated') session = answer.session;
    }

    expect(answers).toBe(10);
    expect(session.cookies).toContainEqual({ name: 'amhrdrauth', value: 'auth' });
    expect(String(upstream.heard.at(-1)?.headers['cookie']).length).toBeLessThan(8_001);
  });
});

const COOKIE = { 'set-cookie': ['amhrdrauth=auth'] };
const login = (data: object): Scripted => ({ headers: COOKIE, body: JSON.stringify({ data }) });
const role = (index: number, gym = 'A box') => ({ boid: index + 1, centre_url: `box-${index}.aimharder.com`, gym });
const row = { id: 7, time: '07:00 - 08:00' };

const CALLS = {
  login: () => aimHarder.login({ email: 'a@example.com', password: 'x', fingerprint: 'phone-12345' }, unhurried),
  updateToken: () => aimHarder.updateToken(SESSION, unhurried),
  setRefresh: () => aimHarder.setRefresh(SESSION, unhurried),
  whoAmI: () => aimHarder.whoAmI(SESSION, unhurried),
  listClasses: () => aimHarder.listClasses(SESSION, { ...AT, boxId: '1' }, unhurried),
  book: () => aimHarder.book(SESSION, { ...AT, classId: '7' }, unhurried),
};

test.each<[string, keyof typeof CALLS, Scripted]>([
  ['a token of 1 MB', 'login', login({ auth: { authOK: true, refreshToken: MEGABYTE } })],
  ['a token of 1 MB', 'updateToken', { body: JSON.stringify({ newToken: MEGABYTE }) }],
])('%s is not understood, and %s fails as a bad gateway', async (_name, call, answer) => {
  upstream.answer(answer);

  await expect(CALLS[call]()).rejects.toMatchObject({ code: 'upstream-rejected' });
});

const auth = { authOK: true, refreshToken: '1|2|3f' };
const many = Array.from({ length: 5_000 }, (_, index) => role(index));
const LONGEST = Array.from({ length: 200 }, (_, index) => role(index, `${index} ${'ñ'.repeat(2_000)}`));
const ROWS = Array.from({ length: 20_000 }, (_, index) => ({ ...row, id: index + 1 }));
const WORDS = ['errorMssg', 'errorMsg', 'error', 'message', 'errorMssgLang', 'id', 'max'];

/** How long what is decoded may be, as JSON, in characters. */
const SMALL = 2_000;
const ITEM = 100_000;

test.each<[string, keyof typeof CALLS, Scripted, number]>([
  ['5,000 roles', 'login', login({ auth, userData: { roles: many } }), ITEM],
  ['roles with long names', 'login', login({ auth, userData: { roles: LONGEST } }), ITEM],
  [
    'a role with a host of 1 MB',
    'login',
    login({ auth, userData: { roles: [{ boid: 1, centre_url: MEGABYTE }] } }),
    SMALL,
  ],
  ['30,000 roles', 'whoAmI', { body: JSON.stringify({ data: [{ id: 7, roles: [...many, ...many, ...many] }] }) }, ITEM],
  [
    'a token of 1 MB',
    'setRefresh',
    { body: `localStorage.setItem("refreshToken", "1|2|${'3'.repeat(1_000_000)}")` },
    SMALL,
  ],
  [
    'a class name of 1 MB',
    'listClasses',
    { body: JSON.stringify({ bookings: [{ ...row, className: MEGABYTE }] }) },
    SMALL,
  ],
  ['a coach of 1 MB', 'listClasses', { body: JSON.stringify({ bookings: [{ ...row, coachName: MEGABYTE }] }) }, SMALL],
  ['20,000 rows', 'listClasses', { body: JSON.stringify({ bookings: ROWS }) }, 3 * ITEM],
  ...WORDS.map((name): [string, keyof typeof CALLS, Scripted, number] => [
    `${name} of 1 MB`,
    'book',
    { body: JSON.stringify({ bookState: -12, [name]: MEGABYTE }) },
    SMALL,
  ]),
])('%s: what %s keeps of it is small', async (_name, call, answer, most) => {
  upstream.answer(answer);

  const kept = await CALLS[call]();

  expect(JSON.stringify(kept).length).toBeLessThan(most);
});

test('half of a character, as cutting may leave it, is never kept: a table would refuse it', async () => {
  upstream.answer({ body: JSON.stringify({ bookings: [{ ...row, className: `${'x'.repeat(199)}😀` }] }) });

  const [listed] = await aimHarder.listClasses(SESSION, { ...AT, boxId: '1' }, unhurried);

  expect(listed?.name.isWellFormed()).toBe(true);
});
