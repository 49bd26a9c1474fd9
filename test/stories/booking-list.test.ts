import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { DAY, HOUR, MINUTE } from '../../lib/platform/clock.ts';
import { type ApiClient, expectProblem, type Json } from '../support/stories/api-client.ts';
import { AHEAD, startWorld, type World } from '../support/stories/world.ts';

const BOX = 'crossfit-demo';

let world: World;
beforeAll(async () => {
  world = await startWorld({}, { BOX_TIMEZONES: '{"box-tenerife": "Atlantic/Canary"}' });
});
afterEach(() => world.simulator.set({ nextBookings: 'present', typeDrift: false }));
afterAll(() => world.stop());

async function newMember() {
  const member = world.member();
  return { member, phone: world.api.as(await world.login({ ...member, fingerprint: 'phone-12345' })) };
}

/** Adds a class whose bookings are open. */
const openClass = async (wanted: Parameters<World['addClass']>[0] = {}) => {
  const { box, day, classId } = await world.addClass({ opensInMs: -HOUR, ...wanted });
  return { box, day, classId };
};

/** Books at AimHarder itself, as its own app does. */
async function bookElsewhere({ email, password }: { email: string; password: string }, wanted: Json) {
  const { origins } = world.simulator;
  const login = await fetch(`${origins.login}/api/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: email, password, fingerprint: 'aimharders-own-app', iniframe: 0 }),
  });
  const cookie = login.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
  const fields = { id: String(wanted['classId']), day: String(wanted['day']).replaceAll('-', ''), insist: '0' };
  const body = new URLSearchParams(fields);
  const booked = await fetch(`${origins.box.replace('{box}', String(wanted['box']))}/api/book`, {
    method: 'POST',
    headers: { cookie },
    body,
  });
  return String(((await booked.json()) as Json)['id']);
}

async function listed(phone: ApiClient, query = '') {
  const { status, body } = await phone.get(`/v1/bookings?${query}`);
  expect(status).toBe(200);
  return { bookings: body['bookings'] as readonly Json[], complete: body['complete'], nextCursor: body['nextCursor'] };
}

/** Counts the requests to AimHarder that a call makes, by path. */
async function asked(call: () => Promise<unknown>): Promise<Json> {
  const before = { ...world.simulator.record.requests };
  await call();
  const after = Object.entries(world.simulator.record.requests);
  return Object.fromEntries(
    after.flatMap(([path, count]) => (count === before[path] ? [] : [[path, count - (before[path] ?? 0)]])),
  );
}

describe('the list of bookings', () => {
  test('has what was booked here and elsewhere, at every box, by start', async () => {
    const { member, phone } = await newMember();
    const [here, there] = [
      await openClass({ startsInMs: 2 * DAY }),
      await openClass({ box: 'box-tenerife', startsInMs: 3 * DAY }),
    ];
    const waiting = await openClass({ startsInMs: DAY, capacity: 0, waitlist: 2 });
    const api = await phone.post('/v1/bookings', here);
    const elsewhere = await bookElsewhere(member, there);
    await bookElsewhere(member, waiting);

    const { bookings, complete, nextCursor } = await listed(phone);

    expect({ complete, nextCursor }).toEqual({ complete: true, nextCursor: null });
    expect(bookings).toMatchObject([
      { ...waiting, boxName: 'CrossFit Demo', status: 'waitlisted', via: 'elsewhere' },
      { ...here, bookingId: api.body['bookingId'], className: 'WOD', status: 'booked', via: 'api' },
      { ...there, boxName: 'Box Tenerife', bookingId: elsewhere, status: 'booked', via: 'elsewhere' },
    ]);
    expect((await listed(phone, 'box=box-tenerife')).bookings).toEqual(bookings.slice(2));
  });

  test('reads AimHarder’s list once for each box, and only the days that have bookings', async () => {
    const { member, phone } = await newMember();
    expect(await asked(() => listed(phone, `box=${BOX}`))).toEqual({ '/api/nextBookings': 1 });
    await bookElsewhere(member, await openClass({ startsInMs: DAY }));
    await bookElsewhere(member, await openClass({ startsInMs: 3 * DAY }));

    expect(await asked(() => listed(phone, `box=${BOX}`))).toEqual({ '/api/nextBookings': 1, '/api/bookings': 2 });
  });

  test('names the pre-booking and the routine that booked', async () => {
    const { member, phone } = await newMember();
    const wanted = await world.addClass({ opensInMs: AHEAD });
    const { body } = await phone.post('/v1/prebookings', wanted);
    const id = String((body['prebooking'] as Json)['id']);
    const watcher = await world.watcherOf(member);
    await world.skipTo(wanted.opensAt);
    await world.finishedFor(watcher, id);

    const { bookings } = await listed(world.api.as(watcher));

    expect(bookings).toMatchObject([
      { classId: wanted.classId, status: 'booked', via: 'prebooking', prebookingId: id },
    ]);
  });

  test('shows a relative’s bookings on request only', async () => {
    const { phone } = await newMember();
    const wanted = await openClass();
    const { familyId } = world.simulator.demo;
    await phone.post('/v1/bookings', { ...wanted, familyId });

    expect((await listed(phone)).bookings).toEqual([]);
    expect((await listed(phone, `familyId=${familyId}`)).bookings).toMatchObject([{ ...wanted, familyId, via: 'api' }]);
  });

  test('loses a booking with its cancellation, here and elsewhere', async () => {
    const { phone } = await newMember();
    const wanted = await openClass();
    const { bookingId } = (await phone.post('/v1/bookings', wanted)).body;

    await phone.delete(`/v1/bookings/${bookingId}?box=${wanted.box}`);

    expect((await listed(phone)).bookings).toEqual([]);
    expect(await listed(phone)).toMatchObject({ complete: true });
  });

  test('reads AimHarder’s types as they drift', async () => {
    const { member, phone } = await newMember();
    const wanted = await openClass();
    await bookElsewhere(member, wanted);
    world.simulator.set({ typeDrift: true });

    expect(await listed(phone)).toMatchObject({ bookings: [{ ...wanted, via: 'elsewhere' }], complete: true });
  });
});

describe('the days of the list', () => {
  test('are two weeks from today by default, and any up to 31 on request', async () => {
    const { member, phone } = await newMember();
    const [near, far] = [await openClass({ startsInMs: 13 * DAY }), await openClass({ startsInMs: 20 * DAY })];
    await bookElsewhere(member, near);
    await bookElsewhere(member, far);
    const days = async (query: string) => (await listed(phone, query)).bookings.map(({ day }) => day);

    expect(await days('')).toEqual([near.day]);
    expect(await days(`from=${far.day}`)).toEqual([far.day]);
    expect(await days(`to=${far.day}`)).toEqual([near.day, far.day]);
    expect(await days(`from=${near.day}&to=${near.day}`)).toEqual([near.day]);
  });

  test.each([
    'from=2026-06-11&to=2026-06-10',
    'from=2026-06-01&to=2026-07-02',
    'from=today',
    'to=9999-12-31',
    'status=booked',
  ])('%s is refused', async (query) => {
    expectProblem(await (await newMember()).phone.get(`/v1/bookings?${query}`), 400, 'invalid-request');
  });

  test('a box that is not the member’s is not found', async () => {
    expectProblem(await (await newMember()).phone.get('/v1/bookings?box=another-box'), 404, 'box-not-found');
  });
});

test('the list is read page by page', async () => {
  const { member, phone } = await newMember();
  for (const startsInMs of [DAY, 2 * DAY, 3 * DAY]) await bookElsewhere(member, await openClass({ startsInMs }));
  const all = (await listed(phone)).bookings;

  const first = await listed(phone, 'limit=2');
  const second = await listed(phone, `limit=2&cursor=${first.nextCursor}`);

  expect(all).toHaveLength(3);
  expect([...first.bookings, ...second.bookings]).toEqual(all);
  expect([first.nextCursor, second.nextCursor]).toEqual([expect.any(String), null]);
  expectProblem(await phone.get('/v1/bookings?cursor=nonsense'), 400, 'invalid-request');
});

describe('without AimHarder’s own list', () => {
  test.each(['404', 'html'] as const)(
    '(%s) the service’s own bookings are shown, and that it is not complete',
    async (nextBookings) => {
      const { member, phone } = await newMember();
      const [own, other] = [await openClass({ startsInMs: DAY }), await openClass({ startsInMs: 2 * DAY })];
      await phone.post('/v1/bookings', own);
      await bookElsewhere(member, other);
      world.simulator.set({ nextBookings });

      const { bookings, complete } = await listed(phone, `box=${BOX}`);

      expect(complete).toBe(false);
      expect(bookings).toMatchObject([{ ...own, via: 'api', status: 'booked' }]);
      world.simulator.set({ nextBookings: 'present' });
      expect((await listed(phone, `box=${BOX}`)).bookings).toHaveLength(2);
    },
  );

  test('and without any answer of AimHarder, they are shown as recorded', async () => {
    const { phone } = await newMember();
    const own = await openClass();
    const { bookingId } = (await phone.post('/v1/bookings', own)).body;
    for (const path of ['/api/nextBookings', '/api/bookings']) world.simulator.failNext(path, { kind: 'reset' }, 20);

    const { bookings, complete } = await listed(phone, `box=${BOX}`);

    for (const path of ['/api/nextBookings', '/api/bookings']) world.simulator.failNext(path, { kind: 'reset' }, 0);
    expect(complete).toBe(false);
    expect(bookings).toMatchObject([{ ...own, bookingId, via: 'api' }]);
  });
});

describe('a dead session', () => {
  test.each(['present', 'public'] as const)('(%s) is not shown an empty list', async (nextBookings) => {
    const { member, phone } = await newMember();
    await bookElsewhere(member, await openClass());
    world.simulator.set({ nextBookings });
    await world.documents.send(
      new UpdateCommand({
        TableName: 'sessions',
        Key: { email: member.email, fingerprint: 'phone-12345' },
        UpdateExpression: 'SET lastTokenUpdateAt = :before',
        ExpressionAttributeValues: { ':before': new Date(world.clock.now() - 3 * MINUTE).toISOString() },
      }),
    );
    world.simulator.endSession({ email: member.email, fingerprint: 'phone-12345' });

    expectProblem(await phone.get('/v1/bookings'), 401, 'login-required');
  });
});
