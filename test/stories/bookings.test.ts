import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { expectProblem, type Json } from '../support/stories/api-client.ts';
import { startWorld, type World } from '../support/stories/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const newPhone = async () => world.api.as(await world.login({ ...world.member(), fingerprint: 'phone-12345' }));
const openClass = async (wanted: { capacity?: number; waitlist?: number } = {}) => {
  const { box, day, classId } = await world.addClass({ opensInMs: -3_600_000, ...wanted });
  return { box, day, classId };
};

test('the boxes are those that AimHarder named, with their zones', async () => {
  const phone = await newPhone();

  const { status, body } = await phone.get('/v1/boxes');

  expect(status).toBe(200);
  expect(body['boxes']).toContainEqual({
    box: world.simulator.demo.box,
    boxId: String(world.simulator.demo.boxId),
    name: expect.any(String),
    timezone: 'Europe/Madrid',
  });
});

test('the classes of a day show what is the member’s own', async () => {
  const phone = await newPhone();
  const wanted = await openClass({ capacity: 9 });
  const shown = async () =>
    ((await phone.get(`/v1/classes?box=${wanted.box}&day=${wanted.day}`)).body['classes'] as readonly Json[]).find(
      ({ classId }) => classId === wanted.classId,
    );
  expect(await shown()).toMatchObject({ state: 'bookable', capacity: 9, booked: 0, bookingId: null });

  const booked = await phone.post('/v1/bookings', wanted);

  expect(booked).toMatchObject({
    status: 201,
    body: { status: 'booked', bookingId: expect.stringMatching(/^\d+$/), classId: wanted.classId },
  });
  expect(await shown()).toMatchObject({ state: 'booked', booked: 1, bookingId: booked.body['bookingId'] });
});

describe('booking at once', () => {
  test('a full class with a waitlist is waitlisted, a full one without is refused', async () => {
    const [ada, bob] = [await newPhone(), await newPhone()];
    const [waiting, full] = [
      await openClass({ capacity: 1, waitlist: 1 }),
      await openClass({ capacity: 1, waitlist: 0 }),
    ];
    await ada.post('/v1/bookings', waiting);
    await ada.post('/v1/bookings', full);

    expect(await bob.post('/v1/bookings', waiting)).toMatchObject({ status: 201, body: { status: 'waitlisted' } });
    expectProblem(await bob.post('/v1/bookings', full), 409, 'class-full');
  });

  test('a full class is waitlisted, too, where AimHarder wants to be asked for the waitlist', async () => {
    const [ada, bob] = [await newPhone(), await newPhone()];
    const waiting = await openClass({ capacity: 1, waitlist: 1 });
    await ada.post('/v1/bookings', waiting);
    world.simulator.set({ waitlistNeedsInsist: true });
    onTestFinished(() => world.simulator.set({ waitlistNeedsInsist: false }));

    expect(await bob.post('/v1/bookings', waiting)).toMatchObject({ status: 201, body: { status: 'waitlisted' } });
    expectProblem(await (await newPhone()).post('/v1/bookings', waiting), 409, 'class-full');
  });

  test('too early becomes a pre-booking, and the answer links to it', async () => {
    const phone = await newPhone();
    const { wanted, opensAt } = await world.classNotYetOpen();

    const answer = await phone.post('/v1/bookings', wanted);

    const prebooking = answer.body['prebooking'] as Json;
    expect(answer).toMatchObject({ status: 202, body: { status: 'prebooked' } });
    expect(prebooking).toMatchObject({ status: 'pending', opensAt });
    expect(answer.headers.get('location')).toBe(`/v1/prebookings/${prebooking['id']}`);
  });

  test('too early is refused, if the client asks for that', async () => {
    const phone = await newPhone();
    const { wanted } = await world.classNotYetOpen(1);

    expectProblem(await phone.post('/v1/bookings', { ...wanted, whenTooEarly: 'refuse' }), 409, 'too-early');
    expect((await phone.get('/v1/prebookings')).body['prebookings']).toEqual([]);
  });

  test('a second booking of the same class is refused', async () => {
    const phone = await newPhone();
    const wanted = await openClass();
    await phone.post('/v1/bookings', wanted);

    expectProblem(await phone.post('/v1/bookings', wanted), 409, 'already-booked');
  });

  test('a booking whose answer was lost is found in the timetable: 201, one booking', async () => {
    const member = world.member();
    const phone = world.api.as(await world.login({ ...member, fingerprint: 'phone-12345' }));
    const wanted = await openClass();
    world.simulator.failNext('/api/book', { kind: 'reset-after' }, 1);

    expect(await phone.post('/v1/bookings', wanted)).toMatchObject({ status: 201, body: { status: 'booked' } });
    expect(world.reservationsIn(wanted.classId, member.email)).toBe(1);
    expect(world.shotsAt(wanted.classId)).toHaveLength(1);
  });

  test('no answer and no booking is 503', async () => {
    const phone = await newPhone();
    world.simulator.failNext('/api/book', { kind: 'reset' }, 1);

    expectProblem(await phone.post('/v1/bookings', await openClass()), 503, 'upstream-unreachable');
  });

  test('a session that died at AimHarder is 401 login-required', async () => {
    const phone = await newPhone();
    world.simulator.failNext('/api/book', { kind: 'logout' }, 1);

    expectProblem(await phone.post('/v1/bookings', await openClass()), 401, 'login-required');
    expectProblem(await phone.get('/v1/sessions'), 401, 'unauthenticated');
  });

  test('an unknown class is not found', async () => {
    const phone = await newPhone();

    expectProblem(await phone.post('/v1/bookings', { ...(await openClass()), classId: '1' }), 404, 'class-not-found');
  });
});

describe('cancelling a booking', () => {
  test('frees the seat', async () => {
    const phone = await newPhone();
    const wanted = await openClass({ capacity: 1, waitlist: 0 });
    const { bookingId } = (await phone.post('/v1/bookings', wanted)).body;

    expect((await phone.delete(`/v1/bookings/${bookingId}?box=${wanted.box}`)).status).toBe(204);

    expect((await (await newPhone()).post('/v1/bookings', wanted)).status).toBe(201);
  });

  test('of another member is not found, and the booking stays', async () => {
    const [ada, bob] = [await newPhone(), await newPhone()];
    const wanted = await openClass();
    const { bookingId } = (await ada.post('/v1/bookings', wanted)).body;

    expectProblem(await bob.delete(`/v1/bookings/${bookingId}?box=${wanted.box}`), 404, 'booking-not-found');
    expectProblem(await bob.delete(`/v1/bookings/none-of-mine?box=${wanted.box}`), 404, 'booking-not-found');
    expect(world.simulator.reservations(wanted.classId)).toHaveLength(1);
  });
});
