import { describe, expect, test } from 'vitest';
import { browser, readToken } from '../../support/simulator/member.ts';
import { scenes } from '../../support/simulator/switched.ts';

const scene = scenes();
const MINUTE = 60_000;

describe('tokenUpdate', () => {
  test('issues a new token; the earlier one is accepted for half an hour', async () => {
    const { member, clock } = await scene();
    const first = readToken(await member.login());

    const second = (await member.tokenUpdate(first)).json['newToken'];

    expect(second).toMatch(/^\d+\|\d{10}\|[0-9a-f]{32}$/);
    expect(second).not.toBe(first);
    expect((await member.tokenUpdate(first)).json).toHaveProperty('newToken');
    clock.advance(29 * MINUTE);
    const latest = (await member.tokenUpdate(first)).json['newToken'];
    clock.advance(MINUTE);
    expect((await member.tokenUpdate(first)).json).toEqual({ logout: 1 });
    expect((await member.tokenUpdate(String(latest))).json).toHaveProperty('newToken');
  });

  test.each<[string, (token: string) => [token: string, fingerprint: string]]>([
    ['another fingerprint', (token) => [token, 'tablet']],
    ['an unknown token', () => ['1|2|3', 'phone']],
  ])('says logout to %s', async (_name, sent) => {
    const { member } = await scene();
    const token = readToken(await member.login());

    const answer = await member.tokenUpdate(...sent(token));

    expect({ status: answer.status, json: answer.json }).toEqual({ status: 200, json: { logout: 1 } });
  });

  test('answers logout without the session cookie', async () => {
    const { member } = await scene();
    const token = readToken(await member.login());
    member.jar.delete('amhrdrauth');

    expect((await member.tokenUpdate(token)).json).toEqual({ logout: 1 });
  });

  test.each([
    ['balancer', ['AWSALB', 'AWSALBCORS']],
    ['all', ['amhrdrauth', 'PHPSESSID', 'AWSALB', 'AWSALBCORS']],
  ] as const)('sets the %s cookies', async (tokenUpdateCookies, names) => {
    const { member } = await scene({ tokenUpdateCookies });
    const token = readToken(await member.login());

    const answer = await member.tokenUpdate(token);

    expect(answer.headers.getSetCookie().map((line) => line.split('=')[0])).toEqual(names);
    expect(await member.whoAmI()).toHaveLength(1);
  });

  test.each([
    ['404', 404],
    ['405', 405],
    ['html', 200],
  ] as const)('may be gone: %s', async (tokenUpdate, status) => {
    const { member } = await scene({ tokenUpdate });
    const token = readToken(await member.login());

    const answer = await member.tokenUpdate(token);

    expect(answer.status).toBe(status);
    expect(answer.text).toMatch(/^<!DOCTYPE html>/);
    expect(await member.whoAmI()).toHaveLength(1);
  });
});

describe('a session', () => {
  test('ends after half an hour without use, and not before', async () => {
    const { member, clock } = await scene();
    await member.login();

    clock.advance(29 * MINUTE);
    expect(await member.whoAmI()).toHaveLength(1);
    clock.advance(30 * MINUTE);
    expect(await member.whoAmI()).toEqual([]);
  });

  test.each([
    ['one', [[], [{}]]],
    ['all', [[], []]],
  ] as const)('ends by logout: %s', async (logoutEnds, left) => {
    const { simulator, member } = await scene({ logoutEnds });
    const tablet = browser(simulator);
    await member.login('ada@example.com', 'phone');
    await tablet.login('ada@example.com', 'tablet');
    const cookie = `amhrdrauth=${member.jar.get('amhrdrauth')}`;

    await member.send(`${simulator.origins.origin}/logout`);

    const phone = await browser(simulator).send(`${simulator.origins.origin}/api/whoami`, { headers: { cookie } });
    expect([phone.json['data'], await tablet.whoAmI()]).toMatchObject(left);
  });

  test.each([
    [{ email: 'Ada@example.com' }, [0, 0, 1]],
    [{ fingerprint: 'phone' }, [0, 1, 0]],
    [{ email: 'ada@example.com', fingerprint: 'phone' }, [0, 1, 1]],
    [{}, [0, 0, 0]],
  ])('ended behind its holder’s back says logout: %j', async (chosen, left) => {
    const { simulator } = await scene();
    const members = [browser(simulator), browser(simulator), browser(simulator)] as const;
    await members[0].login('ada@example.com', 'phone');
    await members[1].login('ada@example.com', 'tablet');
    await members[2].login('bob@example.com', 'phone');

    simulator.endSession(chosen);

    expect(await Promise.all(members.map(async (member) => (await member.whoAmI()).length))).toEqual(left);
    const wanted = simulator.addClass({ opensInMs: -1_000 });
    const answers = await Promise.all(members.map(async (member) => (await member.book(wanted)).json['logout'] ?? 0));
    expect(answers).toEqual(left.map((alive) => 1 - alive));
  });

  test('is required: without one, the member’s pages answer logout', async () => {
    const { simulator, member } = await scene();
    const wanted = simulator.addClass({ opensInMs: -1_000 });

    expect((await member.book(wanted)).json).toEqual({ logout: 1 });
    expect((await member.cancel(wanted, '90000001')).json).toEqual({ logout: 1 });
    expect((await member.send(member.at(wanted.box, '/api/nextBookings?box=9001'))).json).toEqual({ logout: 1 });
  });
});
