import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULTS } from '../../infra/simulator/switches.ts';
import { parseCalendar } from '../support/calendar/feed.ts';
import { dayIn, inSixDays, plan, subscriber, weekly } from '../support/routines/weekly.ts';
import { expectProblem, type Json } from '../support/stories/api-client.ts';
import { startWorld, type World } from '../support/stories/world.ts';

let world: World;
let hiding: World;
beforeAll(async () => {
  [world, hiding] = await Promise.all([startWorld(), startWorld({ hiddenUntilOpen: true })]);
});
afterAll(() => Promise.all([world.stop(), hiding.stop()]));

describe('the class of a routine', () => {
  test('is distinguished by its name from another at the same hour', async () => {
    const { make, orders } = await subscriber(world);
    await make(inSixDays(world, 'gimnasticos'));

    await plan(world);

    const [order] = await orders();
    const { classes } = (
      await (await subscriber(world)).phone.get(`/v1/classes?box=crossfit-demo&day=${order?.['day']}`)
    ).body;
    const listed = (classes as Json[]).find(({ classId }) => classId === order?.['classId']);
    expect(listed).toMatchObject({ name: 'GIMNÁSTICOS', startsAt: order?.['classStartsAt'] });
    expect(order).toMatchObject({ day: dayIn(world, 6), status: 'pending' });
  });

  test('that is listed twice, missing or cancelled is reported, never guessed', async () => {
    const { make, routine, orders } = await subscriber(world);
    const twice = weekly(world);
    world.simulator.addClass({
      day: twice.day,
      time: twice.terms.startsAt,
      name: twice.terms.className.toLowerCase(),
      opensAt: twice.opensAt,
    });
    const cancelled = weekly(world, { cancelled: true });
    const [ambiguous, off, unknown] = [
      await make(twice.terms),
      await make(cancelled.terms),
      await make(inSixDays(world, 'PILATES')),
    ];

    await plan(world);

    expect((await routine(ambiguous['id']))['problem']).toMatchObject({ day: twice.day, code: 'class-ambiguous' });
    expect((await routine(off['id']))['problem']).toMatchObject({ day: cancelled.day, code: 'class-cancelled' });
    expect((await routine(unknown['id']))['problem']).toMatchObject({ day: dayIn(world, 6), code: 'class-not-found' });
    expect(await orders()).toMatchObject([{ routineId: unknown['id'], classId: null }]);
  });

  test('that is hidden until it opens is ordered without a slot id', async () => {
    const { make, routine, orders } = await subscriber(hiding);
    const { id } = await make(inSixDays(hiding));

    await plan(hiding);

    expect(await orders()).toMatchObject([
      { classId: null, className: 'WOD', day: dayIn(hiding, 6), status: 'pending' },
    ]);
    expect(await routine(id)).toMatchObject({ problem: { code: 'class-not-found' }, next: { day: dayIn(hiding, 6) } });
  });

  test('that was hidden, and is booked at once when it is listed, is one event of the calendar', async () => {
    const { phone, make, orders } = await subscriber(hiding);
    const { body } = await phone.post('/v1/calendar');
    const events = async () => parseCalendar((await hiding.api.get(String(body['url']))).text);
    await make(inSixDays(hiding));
    await plan(hiding);
    const [ordered, ...none] = await events();
    hiding.simulator.set({ rule: { unit: 'days', amount: 20 } });
    const [{ box, day } = {}] = await orders();
    const { classes } = (await phone.get(`/v1/classes?box=${box}&day=${day}`)).body;
    const wanted = (classes as Json[]).find(
      ({ startsAt }) => Date.parse(String(startsAt)) === Date.parse(ordered?.start ?? ''),
    );

    const booked = await phone.post('/v1/bookings', { box, day, classId: wanted?.['classId'] });
    const after = await events();
    hiding.simulator.set({ rule: DEFAULTS.rule });

    expect([ordered?.status, none, booked.status]).toEqual(['TENTATIVE', [], 201]);
    expect(after).toEqual([
      expect.objectContaining({ uid: ordered?.uid, status: 'CONFIRMED', transparency: 'OPAQUE' }),
    ]);
  });

  test('with an unknown opening is booked or reveals the opening by a refusal', async () => {
    const { member, make, orders } = await subscriber(world);
    const { opening: _, ...terms } = inSixDays(world);
    await make({ ...terms, weekday: (terms.weekday + 3) % 7 || 7 });

    expect(await plan(world)).toMatchObject({ finished: 1, ordered: 1 });

    // Two days from now, and a week later.
    const [later, sooner] = await orders();
    expect(sooner).toMatchObject({ day: dayIn(world, 2), status: 'booked', result: { outcome: 'booked' } });
    expect(later).toMatchObject({ day: dayIn(world, 9), status: 'pending' });
    expect(world.reservationsIn(String(sooner?.['classId']), member.email)).toBe(1);
  });

  test('that the member ordered is not ordered again by a routine, nor the other way round', async () => {
    const { phone, make, orders } = await subscriber(world);
    const first = weekly(world);
    const byHand = await phone.post('/v1/prebookings', {
      box: first.terms.box,
      day: first.day,
      classId: first.classId,
      opensAt: first.opensAt,
    });
    await make(first.terms);
    const second = weekly(world);
    const { id } = await make(second.terms);

    expect(await plan(world)).toMatchObject({ ordered: 1 });
    const again = await phone.post('/v1/prebookings', {
      box: second.terms.box,
      day: second.day,
      classId: second.classId,
      opensAt: second.opensAt,
    });

    expect(byHand.status).toBe(201);
    expect(again.status).toBe(200);
    expect(again.body['prebooking']).toMatchObject({ routineId: id });
    expect((await orders()).map(({ classId, routineId }) => [classId, routineId]).toSorted()).toEqual(
      [
        [first.classId, null],
        [second.classId, id],
      ].toSorted(),
    );
  });

  test('that the member has cancelled for a date is not ordered again', async () => {
    const { phone, make, orders } = await subscriber(world);
    const { terms } = weekly(world);
    const { id } = await make(terms);
    await plan(world);
    const [order] = await orders();

    await phone.delete(`/v1/prebookings/${order?.['id']}`);
    await phone.patch(`/v1/routines/${id}`, { until: '2030-01-01' });
    await plan(world);

    expect(await orders()).toMatchObject([{ id: order?.['id'], status: 'cancelled' }]);
  });
});

describe('an order that is no longer wanted is cancelled at once, with its wake-up', () => {
  test.each([
    ['when the routine ends', (id: unknown) => ['DELETE', `/v1/routines/${id}`] as const],
    [
      'when its date is skipped',
      (id: unknown, day: string) => ['PATCH', `/v1/routines/${id}`, { skip: [day] }] as const,
    ],
    ['when its hour changes', (id: unknown) => ['PATCH', `/v1/routines/${id}`, { startsAt: '04:44' }] as const],
    [
      'when all is paused',
      (_id: unknown, day: string) => ['PUT', '/v1/pauses', { pauses: [{ from: day, until: day }] }] as const,
    ],
    [
      'when the routine is paused',
      (id: unknown, day: string) =>
        ['PUT', '/v1/pauses', { pauses: [{ from: day, until: day, routineId: id }] }] as const,
    ],
  ])('%s', async (_name, change) => {
    const { phone, make, orders } = await subscriber(world);
    const { day, terms } = weekly(world);
    const { id } = await make(terms);
    await plan(world);
    const [order] = await orders();
    expect(await world.schedulesOf(String(order?.['id']))).toHaveLength(1);

    const [method, path, body] = change(id, day);
    const answer = await phone.call(method, path, body);

    expect(answer.status).toBeLessThan(300);
    expect(await orders()).toMatchObject([{ id: order?.['id'], status: 'cancelled' }]);
    expect(await world.schedulesOf(String(order?.['id']))).toEqual([]);
    await phone.delete(`/v1/routines/${id}`);
  });
});

describe('pauses', () => {
  test('can be replaced, read and ended; dates that they skipped are ordered again', async () => {
    const { phone, make, orders } = await subscriber(world);
    const { day, terms } = weekly(world);
    const { id } = await make({ ...terms, until: day });
    await plan(world);
    const pauses = [
      { from: day, until: day, routineId: null },
      { from: '2030-01-01', until: '2030-02-01', routineId: id },
    ];

    const put = await phone.put('/v1/pauses', { pauses: [{ from: day, until: day }, pauses[1]] });
    expect([put.status, put.body]).toEqual([200, { pauses, booked: [] }]);
    expect((await phone.get('/v1/pauses')).body).toEqual({ pauses });
    await plan(world);
    expect(await orders()).toMatchObject([{ status: 'cancelled' }]);

    expect((await phone.delete('/v1/pauses')).status).toBe(204);
    expect((await phone.get('/v1/pauses')).body).toEqual({ pauses: [] });
    await plan(world);
    const [order] = await orders();
    expect(order).toMatchObject({ status: 'pending', routineId: id });
    expect(await world.schedulesOf(String(order?.['id']))).toHaveLength(1);
  });

  test('name the bookings inside them, and cancel none', async () => {
    const { member, phone } = await subscriber(world);
    const { day, classId, terms } = weekly(world, { opensIn: -2 * 3_600_000 });
    const booked = await phone.post('/v1/bookings', { box: terms.box, day, classId });
    expect(booked.status).toBe(201);

    const put = await phone.put('/v1/pauses', { pauses: [{ from: day, until: day }] });

    const { bookingId, className, classStartsAt } = booked.body;
    expect(put.body['booked']).toEqual([
      { box: terms.box, day, classId, className, classStartsAt, status: 'booked', bookingId, routineId: null },
    ]);
    expect(world.reservationsIn(classId, member.email)).toBe(1);
    await phone.delete(`/v1/bookings/${bookingId}?box=${terms.box}&late=true`);
    expect((await phone.put('/v1/pauses', { pauses: [{ from: day, until: day }] })).body['booked']).toEqual([]);
  });

  test.each([
    ['an end before the beginning', [{ from: '2026-06-02', until: '2026-06-01' }]],
    ['a day that is none', [{ from: '2026-06-31', until: '2026-07-01' }]],
    ['a field nobody knows', [{ from: '2026-06-01', until: '2026-07-01', why: 'holidays' }]],
    ['more than fifty', Array.from({ length: 51 }, () => ({ from: '2026-06-01', until: '2026-06-02' }))],
    ['no list', 'always'],
  ])('with %s are refused, and those before stay', async (_name, pauses) => {
    const { phone } = await subscriber(world);
    const before = [{ from: '2026-06-01', until: '2026-06-02', routineId: null }];
    await phone.put('/v1/pauses', { pauses: [{ from: '2026-06-01', until: '2026-06-02' }] });

    expectProblem(await phone.put('/v1/pauses', { pauses }), 400, 'invalid-request');
    expect((await phone.get('/v1/pauses')).body).toEqual({ pauses: before });
  });
});
