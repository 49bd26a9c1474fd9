import { describe, expect, test } from 'vitest';
import { browser, readToken } from '../../support/simulator/member.ts';
import { NOON, scenes } from '../../support/simulator/switched.ts';

const scene = scenes();
const MINUTE = 60_000;

describe('the JSON login', () => {
  test('returns a session, a token and the boxes', async () => {
    const { member, simulator } = await scene();

    const answer = await member.login('Ada@Example.com ', 'phone');

    expect(answer.json).toEqual({
      data: {
        userData: {
          id: expect.any(Number),
          name: 'ada',
          roles: [
            { boid: 9001, centre_url: 'crossfit-demo.aimharder.com', gym: 'CrossFit Demo', role: 'client' },
            { boid: 9002, centre_url: 'box-tenerife.aimharder.com', gym: 'Box Tenerife', role: 'client' },
          ],
        },
        auth: { authOK: true, refreshToken: expect.stringMatching(/^\d+\|\d{10}\|[0-9a-f]{32}$/) },
      },
    });
    expect(Number(readToken(answer).split('|')[1])).toBe(NOON / 1_000 + 90 * 86_400);
    expect([...member.jar.keys()]).toEqual(['amhrdrauth', 'PHPSESSID', 'AWSALB', 'AWSALBCORS']);
    expect(member.jar.get('amhrdrauth')).toMatch(/^\d+%7C\d{10}%7C[0-9a-f]{32}$/);
    expect(await member.whoAmI()).toMatchObject([{ name: 'ada' }]);
    expect(simulator.record.logins).toEqual([{ email: 'ada@example.com', fingerprint: 'phone', ok: true, at: NOON }]);
  });

  test.each([
    ['401', 401, { error: { code: 401, message: 'LOGIN_ERROR_LOGIN' } }],
    ['200', 200, { data: { auth: { authOK: false } } }],
  ] as const)('says %s to a wrong password', async (wrongPassword, status, body) => {
    const { member, simulator } = await scene({ wrongPassword });

    const answer = await member.login('ada@example.com', 'phone', 'guess');

    expect({ status: answer.status, body: answer.json }).toEqual({ status, body });
    expect(member.jar.has('amhrdrauth')).toBe(false);
    expect(simulator.record.logins).toMatchObject([{ ok: false }]);
  });

  test('does not accept a form', async () => {
    const { member, simulator } = await scene();

    const answer = await member.form(`${simulator.origins.login}/api/login`, {
      username: simulator.demo.email,
      password: simulator.demo.password,
      fingerprint: 'x',
    });

    expect(answer.json).toMatchObject({ error: { message: 'LOGIN_ERROR_MALFORMED_BODY' } });
  });

  test('accepts only the listed members, if there is a list', async () => {
    const { member } = await scene({ members: ['Ada@example.com'] });

    expect((await member.login('bob@example.com')).status).toBe(401);
    expect((await member.login('ada@example.com')).status).toBe(200);
  });

  test('is locked for 15 minutes after too many wrong passwords', async () => {
    const { member, clock } = await scene({ lockAfter: 2 });
    await member.login('ada@example.com', 'phone', 'guess');
    await member.login('ada@example.com', 'phone', 'guess');

    expect((await member.login('ada@example.com')).json).toMatchObject({
      data: { auth: { authOK: false }, info: expect.stringContaining('demasiadas') },
    });
    expect((await member.login('bob@example.com')).status).toBe(200);
    clock.advance(15 * MINUTE);
    expect((await member.login('ada@example.com')).json).toMatchObject({ data: { auth: { authOK: true } } });
  });

  test('of 2026 does not exist in 2025', async () => {
    const { member } = await scene({ generation: 2025 });

    expect((await member.login()).status).toBe(404);
  });
});

describe('the form login', () => {
  const fields = {
    mail: 'ada@example.com',
    pw: 'demo-password',
    login: 'Log in',
    loginfingerprint: 'phone',
    loginiframe: '0',
  };

  test.each(['login', 'origin'] as const)('shows the home page in 2026, and logs nobody in (%s)', async (at) => {
    const { member, simulator } = await scene();

    const answer = await member.form(simulator.origins[at] + (at === 'login' ? '/' : '/login'), fields);

    expect(answer.status).toBe(200);
    expect(answer.text).not.toContain('loginErrors');
    expect(await member.whoAmI()).toEqual([]);
  });

  test('leads to setrefresh in 2025', async () => {
    const { member, simulator } = await scene({ generation: 2025 });

    const answer = await member.form(`${simulator.origins.login}/`, fields);

    expect(answer.text).toContain('<span id="loginErrors"></span>');
    expect(answer.text).toContain('window.location.href');
    const source = /iframe src="([^"]+)"/.exec(answer.text)?.[1] ?? '';
    const token = new URLSearchParams(source.split('?')[1]).get('token') ?? '';
    const refreshed = await member.send(simulator.origins.origin + source);
    expect(refreshed.text).toContain(`localStorage.setItem("refreshToken", ${JSON.stringify(token)})`);
    expect(refreshed.text).toContain('localStorage.setItem("fingerprint", "phone")');
  });

  test('shows the error as text in 2025', async () => {
    const { member, simulator } = await scene({ generation: 2025, lockAfter: 1 });
    const wrong = { ...fields, pw: 'guess' };

    expect((await member.form(`${simulator.origins.login}/`, wrong)).text).toMatch(/id="loginErrors">[^<]*incorrecto/);
    expect((await member.form(`${simulator.origins.login}/`, wrong)).text).toMatch(
      /id="loginErrors">[^<]*demasiadas veces/,
    );
  });
});

test('two sessions of a member with different fingerprints live side by side', async () => {
  const { simulator, member } = await scene();
  const tablet = browser(simulator);
  await member.login('ada@example.com', 'phone');
  await tablet.login('ada@example.com', 'tablet');

  expect([await member.whoAmI(), await tablet.whoAmI()]).toMatchObject([[{ name: 'ada' }], [{ name: 'ada' }]]);
});
