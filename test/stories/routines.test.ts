import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inSixDays, plan, subscriber, weekly } from '../support/routines/weekly.ts';
import { expectProblem, type Json } from '../support/stories/api-client.ts';
import { AHEAD, startWorld, type World } from '../support/stories/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

describe('a routine', () => {
  test('books its class at the opening, after a logout on every device', async () => {
    const { member, phone, make, routine, orders } = await subscriber(world);
    const { classId, day, opensAt, terms } = weekly(world, { opensIn: AHEAD });
    const made = await make({ ...terms, whenFull: 'skip' });

    expect(await plan(world)).toMatchObject({ planned: 1, ordered: 1, failed: 0 });

    const [order, ...more] = await orders(`?routineId=${made['id']}`);
    expect(more).toEqual([]);
    expect(order).toMatchObject({ classId, day, opensAt, whenFull: 'skip', routineId: made['id'], atRisk: false });
    expect(await routine(made['id'])).toMatchObject({
      problem: null,
      next: { prebookingId: order?.['id'], day, opensAt, classStartsAt: order?.['classStartsAt'] },
    });
    await phone.post('/v1/logout');
    await world.skipTo(opensAt, 6_000);
    expect(await world.finished(member, String(order?.['id']))).toMatchObject({ status: 'booked' });
    expect(world.shotsAt(classId)).toMatchObject([{ fingerprint: expect.stringMatching(/^bg-/) }]);
    expect(world.reservationsIn(classId, member.email)).toBe(1);
  });

  test('is created once for a class; a second request returns it', async () => {
    const { phone } = await subscriber(world);
    const { terms } = weekly(world);

    const made = await phone.post('/v1/routines', terms);
    await plan(world);
    const again = await phone.post('/v1/routines', {
      ...terms,
      className: terms.className.toLowerCase(),
      skip: ['2027-01-01'],
    });

    expect([made.status, again.status]).toEqual([201, 200]);
    const { id } = made.body['routine'] as Json;
    for (const { headers } of [made, again]) expect(headers.get('location')).toBe(`/v1/routines/${id}`);
    expect(made.body['routine']).toEqual({
      ...{ id, ...terms, familyId: null, whenFull: 'waitlist', from: null, until: null, skip: [] },
      ...{ createdAt: expect.any(String), problem: null, next: null },
    });
    expect(again.body['routine']).toMatchObject({ id, skip: [], next: { day: expect.any(String) } });
  });

  test('of another member is not found', async () => {
    const ada = await subscriber(world);
    const bob = await subscriber(world);
    const { id } = await ada.make(weekly(world).terms);

    expectProblem(await bob.phone.get(`/v1/routines/${id}`), 404, 'routine-not-found');
    expectProblem(await bob.phone.patch(`/v1/routines/${id}`, { skip: null }), 404, 'routine-not-found');
    expectProblem(await bob.phone.delete(`/v1/routines/${id}`), 404, 'routine-not-found');
    const pauses = [{ from: '2026-07-01', until: '2026-07-02', routineId: id }];
    expectProblem(await bob.phone.put('/v1/pauses', { pauses }), 404, 'routine-not-found');
    expect((await bob.phone.get('/v1/routines')).body).toEqual({ routines: [], nextCursor: null });
  });

  test('beyond the twentieth is refused, also if several are sent at once', async () => {
    const { phone } = await subscriber(world);
    const make = (index: number) =>
      phone.post('/v1/routines', { ...inSixDays(world), startsAt: `${index}:15`.padStart(5, '0') });
    // One after another as far as it goes: on a slow machine, the time of some of many at once would be over.
    for (let index = 0; index < 18; index += 1) expect((await make(index)).status).toBe(201);

    const answers = await Promise.all([18, 19, 20, 21, 22].map(make));

    const refused = answers.filter(({ status }) => status !== 201);
    expect(refused).toHaveLength(3);
    for (const answer of refused) expectProblem(answer, 409, 'routine-limit');
    const routines = (await phone.get('/v1/routines')).body['routines'] as readonly Json[];
    expect(routines).toHaveLength(20);
    await phone.delete(`/v1/routines/${routines[7]?.['id']}`);
    expect((await phone.post('/v1/routines', { ...inSixDays(world), startsAt: '23:50' })).status).toBe(201);
    // Nothing of this is in the timetable: let the planner not look for it in the tests that follow.
    for (const { id } of (await phone.get('/v1/routines')).body['routines'] as readonly Json[])
      await phone.delete(`/v1/routines/${id}`);
  });

  test('comes in pages, the oldest first, and the list goes on after one that was deleted', async () => {
    const { phone, make } = await subscriber(world);
    const made = [];
    for (let index = 0; index < 5; index += 1) made.push((await make(weekly(world).terms))['id']);

    const first = await phone.get('/v1/routines?limit=2');
    await phone.delete(`/v1/routines/${made[1]}`);
    const second = await phone.get(`/v1/routines?limit=2&cursor=${first.body['nextCursor']}`);
    const third = await phone.get(`/v1/routines?limit=2&cursor=${second.body['nextCursor']}`);

    const pages = [first, second, third].map(({ body }) => (body['routines'] as Json[]).map(({ id }) => id));
    expect(pages).toEqual([made.slice(0, 2), made.slice(2, 4), made.slice(4)]);
    expect(third.body['nextCursor']).toBeNull();
    expectProblem(await phone.get('/v1/routines?cursor=nonsense'), 400, 'invalid-request');
  });

  test.each([
    ['a weekday that is none', { weekday: 0 }, 'weekday'],
    ['an hour that is none', { startsAt: '24:00' }, 'startsAt'],
    ['no name', { className: '  ' }, 'className'],
    ['a name of accents alone', { className: '\u0301' }, 'className'],
    ['a day that is none', { from: '2026-02-30' }, 'from'],
    ['a last day before the first', { from: '2026-06-02', until: '2026-06-01' }, 'until'],
    ['a skipped day that is none', { skip: ['tomorrow'] }, 'skip'],
    ['a rule of two kinds', { opening: { hoursBefore: 3, daysBefore: 4 } }, 'opening'],
    ['an opening no earlier than the class', { opening: { daysBefore: 0, time: '18:00' } }, 'opening'],
    ['another wish when full', { whenFull: 'cry' }, 'whenFull'],
    ['a field nobody knows', { favourite: true }, 'favourite'],
  ])('with %s is refused', async (_name, fields, named) => {
    const { phone } = await subscriber(world);

    const refused = await phone.post('/v1/routines', { ...inSixDays(world), ...fields });

    expectProblem(refused, 400, 'invalid-request');
    expect(refused.body['detail']).toContain(named);
  });

  test('at a box that is not the member’s is not found', async () => {
    const { phone, make } = await subscriber(world);
    const { id } = await make(weekly(world).terms);

    expectProblem(await phone.post('/v1/routines', { ...inSixDays(world), box: 'login' }), 404, 'box-not-found');
    expectProblem(await phone.patch(`/v1/routines/${id}`, { box: 'login' }), 404, 'box-not-found');
  });

  test('is changed field by field; null removes a field; the result must be valid', async () => {
    const { phone, make } = await subscriber(world);
    const other = await make(weekly(world).terms);
    const { terms } = weekly(world);
    const { id } = await make({ ...terms, familyId: '77', from: '2026-01-01', until: '2030-01-01', whenFull: 'skip' });
    const patch = (changes: object) => phone.patch(`/v1/routines/${id}`, changes);

    const changed = await patch({ until: '2031-01-01', skip: ['2030-01-01'] });
    const cleared = await patch({ familyId: null, from: null, whenFull: null, opening: null, skip: null });

    expect(changed.body['routine']).toMatchObject({ familyId: '77', until: '2031-01-01', skip: ['2030-01-01'] });
    expect(cleared.body['routine']).toMatchObject({
      ...{ familyId: null, from: null, until: '2031-01-01', whenFull: 'waitlist', opening: null, skip: [] },
      className: terms.className,
    });
    expectProblem(await patch({ from: '2031-01-02' }), 400, 'invalid-request');
    expectProblem(await patch({ className: null }), 400, 'invalid-request');
    const { weekday, startsAt, className } = other;
    expectProblem(await patch({ weekday, startsAt, className }), 400, 'invalid-request');
  });
});
