import { GetCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { inSixDays, plan, subscriber } from '../support/routines/weekly.ts';
import type { Json } from '../support/stories/api-client.ts';
import { type ForgetfulEngine, forgetfulEngine } from '../support/stories/forgetful-engine.ts';
import { AHEAD, startWorld, type World } from '../support/stories/world.ts';

/*
 * The database carries a write out, and its answer is lost. The deployed functions' SDK sends the write again, and the member
 * is told what is true. test/platform/lost-answers.test.ts does this to every write.
 */

let world: World;
let engine: ForgetfulEngine;
beforeAll(async () => {
  engine = await forgetfulEngine();
  world = await startWorld({}, {}, async () => engine);
});
afterEach(() => engine.checkLost());
afterAll(() => world.stop());

const HOUR = 3_600_000;

async function pendingIds(email: string): Promise<unknown> {
  const Key = { email, id: '#pending' };
  return (await world.documents.send(new GetCommand({ TableName: 'prebookings', Key, ConsistentRead: true }))).Item?.[
    'pendingIds'
  ];
}

describe('although the answer of the database is lost,', () => {
  test('a login attempt is counted once and given back: the sixth right login is let in', async () => {
    const member = world.member();
    for (const body of ['attempts = :one', ...Array.from({ length: 4 }, () => 'ADD attempts :one')]) {
      engine.loseAnswer({ operation: 'UpdateItem', body });
      await world.login({ ...member, fingerprint: 'phone-12345' });
    }
    engine.loseAnswer({ operation: 'UpdateItem', body: 'ADD attempts :minusOne' });
    await world.login({ ...member, fingerprint: 'phone-12345' });

    await world.login({ ...member, fingerprint: 'phone-12345' });

    const { Items = [] } = await world.documents.send(new ScanCommand({ TableName: 'loginAttempts' }));
    const counters = Items.filter((item) => 'attempts' in item);
    expect(counters.length).toBeGreaterThan(0);
    expect(counters.map(({ attempts }) => attempts)).toEqual(counters.map(() => 0));
  });

  test('a class that is ordered is created, and its wake-up is set', async () => {
    const { phone, orders } = await subscriber(world);
    engine.loseAnswer({ operation: 'PutItem', body: '"status":{"S":"pending"}' });

    const ordered = await phone.post('/v1/prebookings', await world.addClass({ opensInMs: HOUR }));

    const { id } = ordered.body['prebooking'] as Json;
    expect(ordered.status).toBe(201);
    expect(await world.schedulesOf(String(id))).toHaveLength(1);
    expect(await orders()).toMatchObject([{ id, status: 'pending' }]);
  });

  test('a pre-booking that is cancelled loses its schedule and its quota', async () => {
    const { member, phone, orders } = await subscriber(world);
    const ordered = await phone.post('/v1/prebookings', await world.addClass({ opensInMs: HOUR }));
    const { id } = ordered.body['prebooking'] as Json;
    engine.loseAnswer({ operation: 'UpdateItem', body: '":cancelled"' });

    expect((await phone.delete(`/v1/prebookings/${id}`)).status).toBe(204);

    expect(await orders()).toMatchObject([{ id, status: 'cancelled' }]);
    expect(await world.schedulesOf(String(id))).toEqual([]);
    expect(await pendingIds(member.email)).toBeUndefined();
  });

  test('a class is claimed, booked once and recorded', async () => {
    const { member, phone } = await subscriber(world);
    const wanted = await world.addClass({ opensInMs: AHEAD });
    const { id } = (await phone.post('/v1/prebookings', wanted)).body['prebooking'] as Json;
    const measured = world.measured('PrebookingFinished').length;
    engine.loseAnswer({ operation: 'UpdateItem', body: 'SET attempt = :attempt' });
    engine.loseAnswer({ operation: 'UpdateItem', body: '"#result"' });

    await world.skipTo(wanted.opensAt, 8_000);

    expect(await world.finished(member, String(id))).toMatchObject({ status: 'booked' });
    expect(world.shotsAt(wanted.classId)).toHaveLength(1);
    expect(world.measured('PrebookingFinished')).toHaveLength(measured + 1);
    expect(await pendingIds(member.email)).toBeUndefined();
  });

  test('a routine is created, and its deletion cancels its order', async () => {
    const { phone, orders } = await subscriber(world);
    engine.loseAnswer({ operation: 'PutItem', body: '"routines":{"L"' });
    const created = await phone.post('/v1/routines', inSixDays(world));
    expect(created.status).toBe(201);
    await plan(world);
    expect(await orders()).toMatchObject([{ status: 'pending' }]);
    engine.loseAnswer({ operation: 'PutItem', body: '"routines":{"L"' });

    expect((await phone.delete(`/v1/routines/${(created.body['routine'] as Json)['id']}`)).status).toBe(204);

    expect(await orders()).toMatchObject([{ status: 'cancelled' }]);
  });
});

test('an order stands although it cannot be marked as armed, and the member is told', async () => {
  const { phone, orders } = await subscriber(world);
  const restore = engine.cutOff({ operation: 'UpdateItem', body: 'SET armed = :yes' });

  const ordered = await phone.post('/v1/prebookings', await world.addClass({ opensInMs: HOUR }));

  restore();
  const { id } = ordered.body['prebooking'] as Json;
  expect(ordered.status).toBe(201);
  expect(await world.schedulesOf(String(id))).toHaveLength(1);
  expect(await orders()).toMatchObject([{ id, status: 'pending' }]);
});
