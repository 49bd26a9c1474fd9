import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addOpenClass, book, issueFeed as issue, subscriber as newSubscriber } from '../support/calendar/subscriber.ts';
import { expectProblem } from '../support/stories/api-client.ts';
import { startWorld, type World } from '../support/stories/world.ts';

/** The address of a calendar feed: a secret that is issued, revoked, and read again and again. */
let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const subscriber = () => newSubscriber(world);
const openClass = () => addOpenClass(world);

describe('the feed’s address', () => {
  test('is below this API’s address, and needs no login', async () => {
    const { url, read } = await subscriber();

    expect(url).toMatch(new RegExp(`^${world.stack.url}/v1/calendar/[A-Za-z0-9_-]{43}\\.ics$`));
    expect((await read()).status).toBe(200);
  });

  test('ends when another is issued', async () => {
    const { phone, url } = await subscriber();

    const next = await issue(phone);

    expectProblem(await world.api.get(url), 404, 'not-found');
    expect((await world.api.get(next)).status).toBe(200);
  });

  test('issued many times at once is a single one', async () => {
    const { phone, url } = await subscriber();

    const urls = [url, ...(await Promise.all(Array.from({ length: 8 }, () => issue(phone))))];

    const answers = await Promise.all(urls.map((one) => world.api.get(one)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array.from({ length: 8 }, () => 404)]);
  });

  test('revoked is not found, also when it is revoked again; another may be issued', async () => {
    const { phone, url } = await subscriber();

    expect((await phone.delete('/v1/calendar')).status).toBe(204);
    expect((await phone.delete('/v1/calendar')).status).toBe(204);

    expectProblem(await world.api.get(url), 404, 'not-found');
    expect((await world.api.get(await issue(phone))).status).toBe(200);
  });

  test('revoked by one member stays with another', async () => {
    const [ada, bob] = [await subscriber(), await subscriber()];

    await bob.phone.delete('/v1/calendar');

    expect((await ada.read()).status).toBe(200);
  });

  test('that does not exist answers like any unknown path', async () => {
    const { phone, url } = await subscriber();
    await phone.delete('/v1/calendar');
    const said = async (path: string) => {
      const { status, body, headers } = await world.api.get(path);
      return { status, ...body, instance: null, type: headers.get('content-type') };
    };
    const nowhere = await said('/v1/nowhere');

    for (const path of [url, `/v1/calendar/${'A'.repeat(43)}.ics`, url.replace('.ics', ''), '/v1/calendar/a.ics'])
      expect(await said(path)).toEqual(nowhere);
    expect(nowhere.status).toBe(404);
  });

  test('is issued and revoked by members, with an empty body', async () => {
    const { phone } = await subscriber();

    expectProblem(await world.api.post('/v1/calendar'), 401, 'unauthenticated');
    expectProblem(await world.api.delete('/v1/calendar'), 401, 'unauthenticated');
    expectProblem(await phone.post('/v1/calendar', { secret: 'of my own' }), 400, 'invalid-request');
  });

  test('may ask for alarms, and gets none by default', async () => {
    const { phone, url } = await subscriber();
    await book(phone, await openClass());
    const at = (query: string) => world.api.get(`${url}${query}`);

    expect((await at('')).text).not.toContain('VALARM');
    expect((await at('?alarmMinutes=45')).text).toContain('TRIGGER:-PT45M');
    expect((await at('?from=an-application')).status).toBe(200);
    for (const wrong of ['0', '1441', '-5', 'soon'])
      expectProblem(await at(`?alarmMinutes=${wrong}`), 400, 'invalid-request');
  });

  test('is neither stored nor logged', async () => {
    const { url, read } = await subscriber();
    await read();
    await world.api.get(url.replace('.ics', '.csv'));
    const secret = /([A-Za-z0-9_-]{43})\.ics$/.exec(url)?.[1] ?? '';

    const { Items } = await world.documents.send(new ScanCommand({ TableName: 'calendars' }));

    expect(secret).not.toBe('');
    expect(Items?.length).toBeGreaterThan(0);
    expect(JSON.stringify(Items)).not.toContain(secret);
    expect(world.lines.some((line) => line.includes('GET /v1/calendar/{feed}'))).toBe(true);
    expect(world.lines.filter((line) => line.includes(secret))).toEqual([]);
  });
});

describe('reading it again', () => {
  test('unchanged costs a 304, changed a 200', async () => {
    const { phone, url, read } = await subscriber();
    await book(phone, await openClass());
    const first = await read();
    const again = (etag: string) => world.api.call('GET', url, undefined, { 'if-none-match': etag });
    const etag = first.headers.get('etag') ?? '';

    expect(Object.fromEntries(first.headers)).toMatchObject({
      'content-type': 'text/calendar; charset=utf-8',
      'cache-control': 'private, max-age=300',
      etag: expect.stringMatching(/^"[\w-]+"$/),
    });
    for (const held of [etag, `W/${etag}`, `"another", ${etag}`, '*']) {
      const answer = await again(held);
      expect([answer.status, answer.text, answer.headers.get('etag')]).toEqual([304, '', etag]);
    }
    expect((await again('"another"')).status).toBe(200);
    await book(phone, await openClass());
    expect((await again(etag)).status).toBe(200);
  });

  test('a revoked feed is 404, even with a matching ETag', async () => {
    const { phone, url, read } = await subscriber();
    const etag = (await read()).headers.get('etag') ?? '';
    await phone.delete('/v1/calendar');

    expectProblem(await world.api.call('GET', url, undefined, { 'if-none-match': etag }), 404, 'not-found');
  });
});
