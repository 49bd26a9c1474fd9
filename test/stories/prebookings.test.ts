import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, expectProblem, type Json } from '../support/api-client.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const prebookingOf = (answer: Answer) => answer.body['prebooking'] as Json;
const HOUR = 3_600_000;

describe('a pre-booking', () => {
  test('is booked on the background session at its opening, after a logout on every device', async () => {
    const member = world.member();
    const phone = world.api.as(await world.login({ ...member, fingerprint: 'phone-12345' }));
    const wanted = await world.addClass({ opensInMs: 12_000 });

    const ordered = await phone.post('/v1/prebookings', wanted);
    await phone.post('/v1/logout');

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
    expect(Math.abs(Number((finished['result'] as Json)['latenessMs']) - (shot?.lateness ?? 0))).toBeLessThanOrEqual(
      Number((finished['result'] as Json)['latenessBoundMs']),
    );
  });

  test('ordered twice is one, with the first opening', async () => {
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

  test('ordered by many requests at once is one, with one schedule', async () => {
    const phone = world.api.as(await world.login({ ...world.member(), fingerprint: 'phone-12345' }));
    const wanted = await world.addClass({ opensInMs: HOUR });

    const answers = await Promise.all(Array.from({ length: 8 }, () => phone.post('/v1/prebookings', wanted)));

    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 200, 200, 200, 200, 200, 201]);
    expect(await world.schedulesOf(String(prebookingOf(answers[0] as Answer)['id']))).toHaveLength(1);
  });

  test('cancelled is cancelled: its schedule goes, it can be ordered again, and the old wake-up starts nothing', async () => {
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
    expect(await world.fire({ email: member.email, id, order: old })).toEqual({ end: 'another-order' });
  });

  test('the sixteenth is refused, also of thirty at once', async () => {
    const phone = world.api.as(await world.login({ ...world.member(), fingerprint: 'phone-12345' }));
    const classes = await Promise.all(Array.from({ length: 30 }, () => world.addClass({ opensInMs: HOUR })));

    const answers = await Promise.all(classes.map((wanted) => phone.post('/v1/prebookings', wanted)));

    expect(answers.filter(({ status }) => status === 201)).toHaveLength(15);
    for (const refused of answers.filter(({ status }) => status !== 201))
      expectProblem(refused, 409, 'prebooking-limit');
    const cancelled = answers.find(({ status }) => status === 201);
    await phone.delete(`/v1/prebookings/${prebookingOf(cancelled as Answer)['id']}`);
    expect((await phone.post('/v1/prebookings', await world.addClass({ opensInMs: HOUR }))).status).toBe(201);
  });

  test('finds the place under the limit that a crash did not give back', async () => {
    const member = world.member();
    const phone = world.api.as(await world.login({ ...member, fingerprint: 'phone-12345' }));
    const classes = await Promise.all(Array.from({ length: 15 }, () => world.addClass({ opensInMs: HOUR })));
    const [first] = await Promise.all(classes.map((wanted) => phone.post('/v1/prebookings', wanted)));
    const id = String(prebookingOf(first as Answer)['id']);
    await phone.delete(`/v1/prebookings/${id}`);
    await world.documents.send(
      new UpdateCommand({
        TableName: 'prebookings',
        Key: { email: member.email, id: '#pending' },
        UpdateExpression: 'ADD pendingIds :ids',
        ExpressionAttributeValues: { ':ids': new Set([id]) },
      }),
    );

    expect((await phone.post('/v1/prebookings', await world.addClass({ opensInMs: HOUR }))).status).toBe(201);
    expectProblem(
      await phone.post('/v1/prebookings', await world.addClass({ opensInMs: HOUR })),
      409,
      'prebooking-limit',
    );
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
    const shots = world.gym.record.bookings.length;
    const again = await phone.post('/v1/prebookings', second.wanted);

    expect(prebookingOf(ordered)).toMatchObject({ status: 'pending', opensAt: first.opensAt });
    expect(prebookingOf(again)).toMatchObject({ status: 'pending', opensAt: second.opensAt });
    expect(world.gym.record.bookings).toHaveLength(shots);
  });

  test.each([
    ['more than two minutes ago', -121_000],
    ['after the class starts', 30 * 24 * HOUR],
  ])('that opens %s is refused', async (_name, offset) => {
    const phone = world.api.as(await world.login({ ...world.member(), fingerprint: 'phone-12345' }));
    const wanted = await world.addClass({ opensInMs: HOUR });

    expectProblem(
      await phone.post('/v1/prebookings', { ...wanted, opensAt: new Date(world.gym.now() + offset).toISOString() }),
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

  test('at a box the member does not belong to is not found, and nothing is sent', async () => {
    const phone = world.api.as(await world.login({ ...world.member(), fingerprint: 'phone-12345' }));
    const wanted = await world.addClass({ opensInMs: HOUR });
    const before = world.requests();

    expectProblem(await phone.post('/v1/prebookings', { ...wanted, box: 'login' }), 404, 'box-not-found');
    expect(world.requests()).toBe(before);
  });

  test('when the schedule cannot be made the member is told, and nothing stays behind', async () => {
    const phone = world.api.as(await world.login({ ...world.member(), fingerprint: 'phone-12345' }));
    const wanted = await world.addClass({ opensInMs: HOUR });
    world.refuseSchedules(true);

    const refused = await phone.post('/v1/prebookings', wanted);
    world.refuseSchedules(false);

    expectProblem(refused, 500, 'internal');
    expect((await phone.get('/v1/prebookings')).body['prebookings']).toEqual([]);
    expect((await phone.post('/v1/prebookings', wanted)).status).toBe(201);
  });

  test('without a live background session is accepted, at risk, until a login heals it', async () => {
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
});

describe('at the moment of truth', () => {
  /** Orders a class that opens shortly, lets something go wrong at the shot, and waits for the end. */
  async function fireWith(
    prepare: (wanted: { classId: string }, member: { email: string }) => Promise<void> | void,
    opensInMs = 4_000,
  ) {
    const member = world.member();
    const phone = world.api.as(await world.login({ ...member, fingerprint: 'phone-12345' }));
    const watcher = await world.watcherOf(member);
    const wanted = await world.addClass({ opensInMs });
    const ordered = await phone.post('/v1/prebookings', wanted);
    await prepare(wanted, member);
    const finished = await world.finishedFor(watcher, String(prebookingOf(ordered)['id']));
    return {
      finished,
      shots: world.shotsAt(wanted.classId),
      reservations: world.reservationsIn(wanted.classId, member.email),
      member,
      ordered,
    };
  }

  test('two deliveries of the wake-up at once send one shot', async () => {
    const { finished, shots } = await fireWith(async (wanted, member) => {
      const id = await world.idOf(member.email, wanted.classId);
      const order = await world.orderOf(member.email, id);
      await Promise.all([
        world.fire({ email: member.email, id, order }),
        world.fire({ email: member.email, id, order }),
      ]);
    });

    expect(finished).toMatchObject({ status: 'booked', result: { shots: 1 } });
    expect(shots).toHaveLength(1);
  });

  test.each([
    ['the answer is lost after the booking was made', { kind: 'reset-after' }, 'booked', 1],
    ['the connection is reset at the shot', { kind: 'reset' }, 'booked', 2],
    ['AimHarder answers 503', { kind: 'status', status: 503 }, 'booked', 2],
    ['AimHarder shows a page', { kind: 'html' }, 'booked', 2],
    ['the answer is cut short after the booking was made', { kind: 'truncated' }, 'booked', 1],
  ] as const)('%s: one booking', async (_name, fault, status, atMost) => {
    const { finished, shots, reservations } = await fireWith(() => world.gym.failNext('/api/book', fault, 1));

    expect(finished).toMatchObject({ status });
    expect(reservations).toBe(1);
    expect(shots.length).toBeLessThanOrEqual(atMost);
  });

  test('logout:1 at the shot: the session is refreshed once, and the place taken', async () => {
    const { finished, reservations } = await fireWith(() => world.gym.failNext('/api/book', { kind: 'logout' }, 1));

    expect(finished).toMatchObject({ status: 'booked', result: { shots: 2 } });
    expect(reservations).toBe(1);
  });

  test('a dead background session is a recorded reason', async () => {
    const { finished } = await fireWith((_wanted, { email }) => world.gym.endSession({ email }));

    expect(finished).toMatchObject({ status: 'failed', result: { outcome: 'login-required' } });
  });

  test('too early again and again ends after eight shots', async () => {
    const { finished, shots } = await fireWith(() => world.gym.failNext('/api/book', { kind: 'too-early' }, 100));
    world.gym.failNext('/api/book', { kind: 'too-early' }, 0);

    expect(finished).toMatchObject({ status: 'failed', result: { outcome: 'too-early', shots: 8 } });
    expect(shots).toHaveLength(8);
  });

  test('the member cancels while it prepares: no shot', async () => {
    const member = world.member();
    const phone = world.api.as(await world.login({ ...member, fingerprint: 'phone-12345' }));
    const wanted = await world.addClass({ opensInMs: 5_000 });
    const id = prebookingOf(await phone.post('/v1/prebookings', wanted))['id'];

    expect((await phone.delete(`/v1/prebookings/${id}`)).status).toBe(204);

    await world.past(wanted.opensAt, 1_000);
    expect(world.shotsAt(wanted.classId)).toEqual([]);
    expect(prebookingOf(await phone.get(`/v1/prebookings/${id}`))).toMatchObject({ status: 'cancelled' });
  });

  test('a wake-up after the grace books nothing and says so', async () => {
    const member = world.member();
    await world.login({ ...member, fingerprint: 'phone-12345' });
    const { id, order, classId } = await world.forgottenPrebooking(member.email, { opensInMs: -130_000 });

    expect(await world.fire({ email: member.email, id, order })).toEqual({ end: 'missed' });
    expect(world.shotsAt(classId)).toEqual([]);
  });
});
