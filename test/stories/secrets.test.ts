import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TABLES } from '../../infra/catalog/tables.ts';
import { systemClock } from '../../lib/platform/system-clock.ts';
import { SessionStore } from '../../lib/sessions/session-store.ts';
import { SessionTokens } from '../../lib/sessions/session-tokens.ts';
import { quiet } from '../support/aimharder/upstream.ts';
import type { Json } from '../support/stories/api-client.ts';
import { AHEAD, startWorld, type World } from '../support/stories/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

/** Decrypts AimHarder's tokens and cookies with the key that only this test and the service have. */
async function aimHarderSecretsOf(email: string): Promise<string[]> {
  const sessions = new SessionStore({
    documents: world.documents,
    table: 'sessions',
    clock: systemClock,
    logger: quiet,
  });
  const tokens = new SessionTokens({
    documents: world.documents,
    table: 'sessions',
    clock: systemClock,
    sessions,
    refreshPartitions: 8,
    secrets: async () => ({ keys: world.keys }),
  });
  const opened = await Promise.all(
    (await sessions.getAllUserSessions(email)).map((session) => tokens.decrypt(session)),
  );
  return opened.flatMap(({ token, cookies }) => [token, ...cookies.map(({ value }) => value)]);
}

test('no answer, log line or stored item holds a password, token, cookie, access token or feed name in the clear', async () => {
  const { email, password } = world.member();
  const wrong = 'a-wrong-password-nobody-else-has';
  const answers: string[] = [];
  const said = <T extends { text: string; headers: Headers }>(answer: T): T => {
    answers.push(answer.text, JSON.stringify([...answer.headers]));
    return answer;
  };
  const login = async (fingerprint: string) => {
    const answer = await world.api.post('/v1/login', { email, password, fingerprint });
    const accessToken = String(answer.body['accessToken']);
    answers.push(answer.text.replace(accessToken, ''));
    return accessToken;
  };
  said(await world.api.post('/v1/login', { email, password: wrong }));
  said(await world.api.post('/v1/login', { email: 'not an address', password }));
  world.simulator.failNext('/api/login', { kind: 'html' }, 1);
  said(await world.api.post('/v1/login', { email, password }));
  const accessTokens = [await login('phone-12345'), await login('tablet-12345')];
  const phone = world.api.as(accessTokens[0] ?? '');
  const before = await aimHarderSecretsOf(email);
  const wanted = await world.addClass({ opensInMs: AHEAD });
  const ordered = said(await phone.post('/v1/prebookings', wanted));
  world.simulator.failNext('/api/book', { kind: 'truncated' }, 1);
  for (const path of [
    '/v1/sessions',
    '/v1/boxes',
    `/v1/classes?box=${wanted.box}&day=${wanted.day}`,
    '/v1/prebookings',
  ])
    said(await phone.get(path));
  said(await phone.post('/v1/sessions/refresh'));
  const feed = String((await phone.post('/v1/calendar')).body['url']);
  said(await world.api.get(feed));
  said(await world.api.as(`${accessTokens[0]}x`).get('/v1/sessions'));
  await world.skipTo(wanted.opensAt);
  const finished = await world.finished({ email, password }, String((ordered.body['prebooking'] as Json)['id']));
  said(await phone.get('/v1/prebookings'));
  const secrets = [
    password,
    wrong,
    ...accessTokens,
    feed.slice(-'.ics'.length - 43, -'.ics'.length),
    ...before,
    ...(await aimHarderSecretsOf(email)),
  ];
  said(await phone.post('/v1/logout'));
  const items = await Promise.all(
    Object.keys(TABLES).map((TableName) => world.documents.send(new ScanCommand({ TableName }))),
  );
  const written = {
    answers: answers.join('\n'),
    lines: world.lines.join('\n'),
    items: JSON.stringify(items.map(({ Items }) => Items)),
  };

  expect(finished).toMatchObject({ status: 'booked' });
  expect(new Set(secrets).size).toBeGreaterThan(10);
  expect(world.lines.length).toBeGreaterThan(10);
  for (const [where, text] of Object.entries(written)) {
    expect({ where, found: secrets.filter((secret) => secret !== '' && text.includes(secret)) }).toEqual({
      where,
      found: [],
    });
  }
});
