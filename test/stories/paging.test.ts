import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Prebooking } from '../../lib/prebookings/prebooking.ts';
import { encodePrebooking } from '../../lib/prebookings/prebooking-record.ts';
import { type ApiClient, expectProblem, type Json } from '../support/stories/api-client.ts';
import { startWorld, type World } from '../support/stories/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const DAY = 86_400_000;
const HOUR = 3_600_000;
/** 30 March 2026, 00:00 at UTC: 02:00 in Madrid. */
const MONDAY = Date.UTC(2026, 2, 30);

/** A member with orders of their own: `byStatus` says how many of each, two classes to a day, both at 18:00 in Madrid. */
async function memberWith(byStatus: Partial<Record<Prebooking['status'], number>>) {
  const member = world.member();
  const phone = world.api.as(await world.login({ ...member, fingerprint: 'phone-12345' }));
  const statuses = Object.entries(byStatus).flatMap(([status, count]) => Array.from({ length: count }, () => status));
  const orders = statuses.map((status, index) => orderOf(member.email, status as Prebooking['status'], index));
  await Promise.all(orders.map((Item) => world.documents.send(new PutCommand({ TableName: 'prebookings', Item }))));
  return { member, phone, orders };
}

function orderOf(email: string, status: Prebooking['status'], index: number) {
  const classStartsAt = MONDAY + Math.floor(index / 2) * DAY + 16 * HOUR;
  const common = {
    email,
    // Ids in no order: what counts is the class.
    id: ((index * 7_919) % 65_536).toString(16).padStart(32, '0'),
    generation: 1,
    ...{
      box: 'crossfit-demo',
      boxId: '1',
      classId: String(index),
      familyId: null,
      whenFull: null,
      routineId: null,
      className: 'WOD',
      classTime: '18:00',
    },
    day: new Date(classStartsAt).toISOString().slice(0, 10),
    classStartsAt,
    opensAt: classStartsAt - 2 * DAY,
    wakesAt: classStartsAt - 2 * DAY,
    createdAt: classStartsAt - 3 * DAY,
  };
  const endedAt = world.simulator.now();
  if (status === 'pending') return encodePrebooking({ ...common, status, armed: true, lease: null });
  if (status === 'firing') throw new Error('none of these fires');
  return encodePrebooking(
    status === 'cancelled'
      ? { ...common, status, cancelledBy: 'member', endedAt }
      : { ...common, status, endedAt, result: RESULT },
  );
}

const RESULT = {
  ...{ outcome: 'class-full' as const, bookingId: null, code: null, message: null, firedAt: null },
  ...{ latenessMs: null, latenessBoundMs: null, aimedBy: null, shots: 1 },
};

/** Reads every page of a list, as a client does. */
async function walk(phone: ApiClient, path: string, list: string): Promise<readonly (readonly Json[])[]> {
  const pages: (readonly Json[])[] = [];
  for (let cursor: unknown = ''; cursor !== null; ) {
    const { status, body } = await phone.get(cursor === '' ? path : `${path}&cursor=${cursor}`);
    expect(status).toBe(200);
    pages.push(body[list] as readonly Json[]);
    cursor = body['nextCursor'];
  }
  return pages;
}

const idsOf = (pages: readonly (readonly Json[])[]) => pages.flat().map(({ id }) => id);

describe('the pre-bookings, page by page', () => {
  test('are listed once each, the last class first, every page full but the last', async () => {
    const { phone, orders } = await memberWith({ failed: 60, pending: 7, cancelled: 60 });

    const pages = await walk(phone, '/v1/prebookings?limit=20', 'prebookings');

    expect(pages.map(({ length }) => length)).toEqual([20, 20, 20, 20, 20, 20, 7]);
    expect(new Set(idsOf(pages))).toEqual(new Set(orders.map(({ id }) => id)));
    const starts = pages.flat().map(({ classStartsAt }) => String(classStartsAt));
    expect(starts).toEqual(starts.toSorted().toReversed());
  });

  test('of a rare status fill their pages, however many others there are', async () => {
    const { phone, orders } = await memberWith({ booked: 2, failed: 120, waitlisted: 1 });

    const pages = await walk(phone, '/v1/prebookings?limit=2&status=booked', 'prebookings');

    expect(pages.map(({ length }) => length)).toEqual([2]);
    expect(new Set(idsOf(pages))).toEqual(new Set(orders.slice(0, 2).map(({ id }) => id)));
  });

  test('a page that ends with the list has no next one', async () => {
    const { phone } = await memberWith({ failed: 4 });

    const pages = await walk(phone, '/v1/prebookings?limit=2', 'prebookings');

    expect(pages.map(({ length }) => length)).toEqual([2, 2]);
  });

  test('expired ones are on no page', async () => {
    const { phone, orders } = await memberWith({ failed: 6 });
    for (const Item of orders.filter((_, index) => index % 2 === 0))
      await world.documents.send(new PutCommand({ TableName: 'prebookings', Item: { ...Item, expiresAt: 1 } }));

    const pages = await walk(phone, '/v1/prebookings?limit=2', 'prebookings');

    expect(pages.map(({ length }) => length)).toEqual([2, 1]);
  });

  test('between two days are those of the classes of these days, both included', async () => {
    const { phone } = await memberWith({ failed: 20 });
    const days = async (query: string) =>
      new Set((await walk(phone, `/v1/prebookings?limit=3&${query}`, 'prebookings')).flat().map(({ day }) => day));

    expect(await days('from=2026-04-01&to=2026-04-02')).toEqual(new Set(['2026-04-01', '2026-04-02']));
    expect(await days('to=2026-03-30')).toEqual(new Set(['2026-03-30']));
    expect(await days('from=2026-04-08&to=9999-12-31')).toEqual(new Set(['2026-04-08']));
    expect(await days('from=2026-05-01')).toEqual(new Set());
  });

  test('ordered a moment ago are on the first page', async () => {
    const { phone } = await memberWith({});

    const ordered = await phone.post('/v1/prebookings', await world.addClass({ opensInMs: HOUR }));

    const { body } = await phone.get('/v1/prebookings');
    expect(body).toEqual({ prebookings: [ordered.body['prebooking']], nextCursor: null });
  });

  test('another member’s cursor shows only the caller’s own pre-bookings', async () => {
    const [ada, bob] = [await memberWith({ failed: 5 }), await memberWith({ cancelled: 5 })];
    const { nextCursor } = (await ada.phone.get('/v1/prebookings?limit=2')).body;

    const { body } = await bob.phone.get(`/v1/prebookings?cursor=${nextCursor}`);

    expect(new Set((body['prebookings'] as Json[]).map(({ status }) => status))).toEqual(new Set(['cancelled']));
  });
});

test('sessions and boxes are paged alike', async () => {
  const member = world.member();
  const fingerprints = ['phone-12345', 'tablet-12345', 'watch-12345'];
  const tokens = [];
  for (const fingerprint of fingerprints) tokens.push(await world.login({ ...member, fingerprint }));
  const phone = world.api.as(String(tokens[0]));

  const sessions = await walk(phone, '/v1/sessions?limit=2', 'sessions');
  const boxes = await walk(phone, '/v1/boxes?limit=1', 'boxes');

  const background = await world.backgroundSessionOf(member.email);
  expect(sessions.map((page) => page.map(({ fingerprint }) => fingerprint))).toEqual([
    [background?.fingerprint, 'phone-12345'],
    ['tablet-12345', 'watch-12345'],
  ]);
  const all = (await phone.get('/v1/boxes')).body;
  expect(all['nextCursor']).toBe(null);
  expect(boxes.map(({ length }) => length)).toEqual((all['boxes'] as Json[]).map(() => 1));
  expect(boxes.flat()).toEqual(all['boxes']);
});

describe('refused as invalid', () => {
  const encoded = (position: unknown) => Buffer.from(JSON.stringify(position)).toString('base64url');
  const place = { classStartsAt: '2026-03-30T16:00:00.000Z', id: '0'.repeat(32) };

  test.each([
    'limit=0',
    'limit=101',
    'limit=-1',
    'limit=1.5',
    'limit=ten',
    'limit=',
    'limit=1&limit=2',
    'status=done',
    'from=yesterday',
    'from=2026-04-02&to=2026-04-01',
    'colour=red',
    'cursor=',
    'cursor=nonsense',
    `cursor=${encoded(null)}`,
    `cursor=${encoded({ ...place, id: '#pending' })}`,
    `cursor=${encoded({ ...place, id: 7 })}`,
    `cursor=${encoded({ ...place, classStartsAt: '' })}`,
    `cursor=${encoded({ ...place, email: 'ada@example.com' })}`,
    `cursor=${encoded({ fingerprint: 'phone-12345' })}`,
    `cursor=${encoded(place)}&from=2026-05-01`,
    `cursor=${encoded(place)}&to=2026-03-01`,
  ])('GET /v1/prebookings?%s', async (query) => {
    const { phone } = await memberWith({ failed: 1 });

    expectProblem(await phone.get(`/v1/prebookings?${query}`), 400, 'invalid-request');
  });

  test.each(['/v1/sessions', '/v1/boxes'])('a cursor of another list at %s', async (path) => {
    const { phone } = await memberWith({});

    expectProblem(await phone.get(`${path}?cursor=${encoded(place)}`), 400, 'invalid-request');
  });
});
