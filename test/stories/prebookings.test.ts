import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Answer } from '../support/infra/described.ts';
import { expectProblem, type Json, untilAnswered } from '../support/stories/api-client.ts';
import { AHEAD, startWorld, type World } from '../support/stories/world.ts';

let world: World;
let opening: Awaited<ReturnType<typeof orderAndLogOut>>;
/** The other stories run while the opening nears: the clock's offset is measured over real connections, and the hold is real. */
beforeAll(async () => {
  world = await startWorld();
  opening = await orderAndLogOut();
  await world.skipTo(opening.wanted.opensAt, 25_000);
});
afterAll(() => world.stop());

/** Waits until the opening is over: until then its firing sends requests of its own. */
const openingIsOver = () =>
  world.logged('prebooking-finished', { prebooking: String(prebookingOf(opening.ordered)['id']) });

const prebookingOf = (answer: Answer) => answer.body['prebooking'] as Json;
const HOUR = 3_600_000;

async function orderAndLogOut() {
  const member = world.member();
  const phone = world.api.as(await world.login({ ...member, fingerprint: 'phone-12345' }));
  const wanted = await world.addClass({ opensInMs: AHEAD });
  const ordered = await phone.post('/v1/prebookings', wanted);
  await phone.post('/v1/logout');
  return { member, wanted, ordered };
}

describe('a pre-booking', () => {
  test('ordered twice is created once, with the first opening', async () => {
    const phone = world.api.as(await world.login({ ...world.member(), fingerprint: 'phone-12345' }));
    const wanted = await world.addClass({ opensInMs: HOUR });
    const first = await phone.post('/v1/prebookings', wanted);

    const second = await phone.post('/v1/prebookings', {
      ...wanted,
      opensAt: new Date(Date.parse(wanted.opensAt) + 60_000).toISOString(),
    });

    expect(second.status).toBe(200);
    expect(prebookingOf(second)).toEqual(prebookingOf(first));
    expect((await phone.get('/v1/prebookings')).body['prebookings']).toHaveLength(1);
  });

  test('ordered by many requests at once is created once, with one schedule', async () => {
    const phone = world.api.as(await world.login({ ...world.member(), fingerprint: 'phone-12345' }));
    const wanted = await world.addClass({ opensInMs: HOUR });

    const answers = await Promise.all(Array.from({ length: 8 }, () => phone.post('/v1/prebookings', wanted)));
    // On a busy machine, the answer to the one that created it may be lost.
    const statuses = answers.map(({ status }) => status).filter((status) => status !== 503);
    const ordered = await untilAnswered(() => phone.post('/v1/prebookings', wanted));

    const created = statuses.filter((status) => status === 201);
    expect(created.length).toBeLessThanOrEqual(1);
    expect(created.length + answers.length - statuses.length).toBeGreaterThanOrEqual(1);
    expect(statuses.filter((status) => status !== 201)).toEqual(Array(statuses.length - created.length).fill(200));
    expect((await phone.get('/v1/prebookings')).body['prebookings']).toHaveLength(1);
    expect(await world.schedulesOf(String(prebookingOf(ordered)['id']))).toHaveLength(1);
  });

  test('that is cancelled loses its schedule and can be ordered again, and the old wake-up starts nothing', async () => {
    const member = world.member();
    const phone = world.api.as(await world.login({ ...member, fingerprint: 'phone-12345' }));
    const wanted = await world.addClass({ opensInMs: HOUR });
    const id = String(prebookingOf(await phone.post('/v1/prebookings', wanted))['id']);
    const old = await world.orderOf(member.email, id);

    expect((await phone.delete(`/v1/prebookings/${id}`)).status).toBe(204);

    expect(await world.schedulesOf(id)).toEqual([]);
    expect(prebookingOf(await phone.get(`/v1/prebookings/${id}`))).toMatchObject({ status: 'cancelled', result: null });
    expectProblem(await phone.delete(`/v1/prebookings/${id}`), 409, 'prebooking-finished');
    const again = await phone.post('/v1/prebookings', wanted);
    expect(again.status).toBe(201);
    expect(prebookingOf(again)).toMatchObject({ id, status: 'pending' });
    expect(await world.fire({ email: member.email, id, order: old })).toEqual({ ends: ['another-generation'] });
  });

  test('beyond the fifteenth is refused, also if several are ordered at once', async () => {
    const phone = world.api.as(await world.login({ ...world.member(), fingerprint: 'phone-12345' }));
    const order = async () => {
      const wanted = await world.addClass({ opensInMs: HOUR });
      return untilAnswered(() => phone.post('/v1/prebookings', wanted));
    };
    // 200 if an answer was lost.
    const isOrdered = ({ status }: Answer) => status === 201 || status === 200;
    // One after another as far as it goes: on a slow machine, the time of some of many at once would be over.
    for (let count = 1; count <= 13; count += 1) expect(await order()).toSatisfy(isOrdered);

    const answers = await Promise.all(Array.from({ length: 8 }, order));

    const [one, ...others] = answers.filter(isOrdered);
    expect(others).toHaveLength(1);
    for (const refused of answers.filter((answer) => !isOrdered(answer)))
      expectProblem(refused, 409, 'prebooking-limit');
    await untilAnswered(() => phone.delete(`/v1/prebookings/${prebookingOf(one as Answer)['id']}`));
    expect(await order()).toSatisfy(isOrdered);
  });

  test('can use the quota that a crashed process still held', async () => {
    const member = world.member();
    const phone = world.api.as(await world.login({ ...member, fingerprint: 'phone-12345' }));
    const order = async () => phone.post('/v1/prebookings', await world.addClass({ opensInMs: HOUR }));
    const id = String(prebookingOf(await order())['id']);
    for (let count = 2; count <= 15; count += 1) await order();
    await phone.delete(`/v1/prebookings/${id}`);
    await world.documents.send(
      new UpdateCommand({
        TableName: 'prebookings',
        Key: { email: member.email, id: '#pending' },
        UpdateExpression: 'ADD pendingIds :ids',
        ExpressionAttributeValues: { ':ids': new Set([id]) },
      }),
    );

    expect((await order()).status).toBe(201);
    expectProblem(await order(), 409, 'prebooking-limit');
  });

  test('of another member is not found', async () => {
    const ada = world.api.as(await world.login({ ...world.member(), fingerprint: 'phone-12345' }));
    const bob = world.api.as(await world.login({ ...world.member(), fingerprint: 'phone-12345' }));
    const id = prebookingOf(await ada.post('/v1/prebookings', await world.addClass({ opensInMs: HOUR })))['id'];

    expectProblem(await bob.get(`/v1/prebookings/${id}`), 404, 'prebooking-not-found');
    expectProblem(await bob.delete(`/v1/prebookings/${id}`), 404, 'prebooking-not-found');
    expect((await bob.get('/v1/prebookings')).body['prebookings']).toEqual([]);
  });

  test('without opensAt opens when AimHarder’s refusal says, and the rule is remembered', async () => {
    const phone = world.api.as(await world.login({ ...world.member(), fingerprint: 'phone-12345' }));
    const first = await world.classNotYetOpen();
    const second = await world.classNotYetOpen(1);

    const ordered = await phone.post('/v1/prebookings', first.wanted);
    const again = await phone.post('/v1/prebookings', second.wanted);

    expect(prebookingOf(ordered)).toMatchObject({ status: 'pending', opensAt: first.opensAt });
    expect(prebookingOf(again)).toMatchObject({ status: 'pending', opensAt: second.opensAt });
    expect(world.shotsAt(second.wanted.classId)).toEqual([]);
  });

  test.each([
    ['more than two minutes ago', -121_000],
    ['after the class starts', 30 * 24 * HOUR],
  ])('that opens %s is refused', async (_name, offset) => {
    const phone = world.api.as(await world.login({ ...world.member(), fingerprint: 'phone-12345' }));
    const wanted = await world.addClass({ opensInMs: HOUR });

    expectProblem(
      await phone.post('/v1/prebookings', {
        ...wanted,
        opensAt: new Date(world.simulator.now() + offset).toISOString(),
      }),
      400,
      'invalid-request',
    );
    expect((await phone.get('/v1/prebookings')).body['prebookings']).toEqual([]);
  });

  test('that opened a minute ago is fired now', async () => {
    const member = world.member();
    const phone = world.api.as(await world.login({ ...member, fingerprint: 'phone-12345' }));

    const ordered = await phone.post('/v1/prebookings', await world.addClass({ opensInMs: -60_000 }));

    expect(await world.finished(member, String(prebookingOf(ordered)['id']))).toMatchObject({ status: 'booked' });
  });

  test.each(['127.0.0.1', 'evil.com/', 'a.b', '..', '%2e'])(
    'at a box named %j is refused, and nothing is sent',
    async (box) => {
      await openingIsOver();
      const phone = world.api.as(await world.login({ ...world.member(), fingerprint: 'phone-12345' }));
      const wanted = await world.addClass({ opensInMs: HOUR });
      const before = world.requests();

      expectProblem(await phone.post('/v1/prebookings', { ...wanted, box }), 400, 'invalid-request');
      expectProblem(
        await phone.get(`/v1/classes?box=${encodeURIComponent(box)}&day=${wanted.day}`),
        400,
        'invalid-request',
      );
      expect(world.requests()).toBe(before);
    },
  );

  test('at a box that the member does not belong to is not found, and nothing is sent', async () => {
    await openingIsOver();
    const phone = world.api.as(await world.login({ ...world.member(), fingerprint: 'phone-12345' }));
    const wanted = await world.addClass({ opensInMs: HOUR });
    const before = world.requests();

    expectProblem(await phone.post('/v1/prebookings', { ...wanted, box: 'login' }), 404, 'box-not-found');
    expect(world.requests()).toBe(before);
  });

  test('whose schedule cannot be made is refused, and leaves nothing behind', async () => {
    const phone = world.api.as(await world.login({ ...world.member(), fingerprint: 'phone-12345' }));
    const wanted = await world.addClass({ opensInMs: HOUR });
    world.refuseSchedules(true);

    const refused = await phone.post('/v1/prebookings', wanted);
    world.refuseSchedules(false);

    expectProblem(refused, 500, 'internal');
    expect((await phone.get('/v1/prebookings')).body['prebookings']).toEqual([]);
    expect((await phone.post('/v1/prebookings', wanted)).status).toBe(201);
  });

  test('without a live background session is accepted, and at risk until a login', async () => {
    const member = world.member();
    const token = await world.login({ ...member, fingerprint: 'phone-12345' });
    const phone = world.api.as(token);
    const background = await world.backgroundSessionOf(member.email);
    await phone.delete(`/v1/sessions/${background?.fingerprint}?confirmProtectedDeletion=true`);

    const ordered = await phone.post('/v1/prebookings', await world.addClass({ opensInMs: HOUR }));

    expect(prebookingOf(ordered)).toMatchObject({ status: 'pending', atRisk: true });
    const again = world.api.as(await world.login({ ...member, fingerprint: 'phone-12345' }));
    expect(prebookingOf(await again.get(`/v1/prebookings/${prebookingOf(ordered)['id']}`))).toMatchObject({
      atRisk: false,
    });
  });

  test('is booked on the background session at its opening, after a logout on every device', async () => {
    const { member, wanted, ordered } = opening;

    expect(ordered.status).toBe(201);
    expect(ordered.headers.get('location')).toBe(`/v1/prebookings/${prebookingOf(ordered)['id']}`);
    const finished = await world.finished(member, String(prebookingOf(ordered)['id']));
    expect(finished).toMatchObject({ status: 'booked', result: { outcome: 'booked', shots: 1 } });
    const [shot, ...more] = world.shotsAt(wanted.classId);
    expect(more).toEqual([]);
    expect(shot?.fingerprint).toMatch(/^bg-/);
    await expect.poll(() => world.measured('LatenessMs')).toContain((finished['result'] as Json)['latenessMs']);
    expect(world.measured('WakeUpLate').length).toBeGreaterThan(0);
    expect(shot?.lateness).toBeGreaterThanOrEqual(0);
    const { latenessMs, latenessBoundMs } = finished['result'] as Json;
    expect(latenessBoundMs).toEqual(expect.any(Number));
    // On a busy machine, the shot may travel for longer than the bound: test/firing/fire-prebooking.test.ts asserts both sides.
    expect(shot?.lateness).toBeGreaterThanOrEqual(Number(latenessMs) - Number(latenessBoundMs));
  });
});
