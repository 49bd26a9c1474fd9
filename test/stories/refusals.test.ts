import { ScanCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Fault } from '../../infra/simulator/faults.ts';
import type { AddClass, SimulatorOptions } from '../../infra/simulator/simulator.ts';
import { DEFAULTS } from '../../infra/simulator/switches.ts';
import { type ApiClient, expectProblem, type Json } from '../support/stories/api-client.ts';
import { startWorld, type World } from '../support/stories/world.ts';

/** What a member sees when AimHarder refuses, does not answer, or gives an unknown answer. */
let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterEach(() => world.simulator.set(DEFAULTS));
afterAll(() => world.stop());

const HOUR = 3_600_000;

const newPhone = async () => {
  const member = world.member();
  return { member, phone: world.api.as(await world.login({ ...member, fingerprint: 'phone-12345' })) };
};
const openClass = async (wanted: AddClass = {}) => {
  const { box, day, classId } = await world.addClass({ opensInMs: -HOUR, ...wanted });
  return { box, day, classId };
};

const REFUSED: readonly [string, SimulatorOptions, AddClass, string, RegExp][] = [
  ['without credit', { noCredit: true }, {}, 'no-credit', /^You have no credit left/],
  ['of a class that the tariff lacks', { outOfTariff: ['YOGA'] }, { name: 'YOGA' }, 'no-credit', /tariff/],
  ['with an unpaid receipt', { unpaid: true }, {}, 'unpaid', /unpaid receipt/],
  ['beyond the day’s limit', { dailyLimit: 0 }, {}, 'booking-limit', /The maximum is 0\./],
  ['beyond the tariff’s limit', { contractLimit: 0 }, {}, 'booking-limit', /AimHarder says: “Has superado el límite/],
  ['of a class that is closed', { closesBeforeMs: 200 * HOUR }, {}, 'too-late', /too late/],
  ['of a class that has begun', {}, { startsInMs: -60_000 }, 'too-late', /too late/],
  ['of a full class', {}, { capacity: 0 }, 'class-full', /full/],
];

describe('a booking that AimHarder refuses is a problem with its reason', () => {
  test('whatever the reason', async () => {
    const begun: {
      readonly name: string;
      readonly refused: ReturnType<ApiClient['post']>;
      readonly classId: string;
    }[] = [];
    // The timetable is read for 6 s after each, so they run side by side. Only the answer of AimHarder depends on the switches.
    for (const [name, switches, wanted] of REFUSED) {
      const { phone } = await newPhone();
      const one = await openClass(wanted);
      world.simulator.set(switches);
      begun.push({ name, refused: phone.post('/v1/bookings', one), classId: one.classId });
      await expect.poll(() => world.shotsAt(one.classId).length, { interval: 5 }).not.toBe(0);
      world.simulator.set(DEFAULTS);
    }

    for (const [index, { name, refused, classId }] of begun.entries()) {
      const [, , , code = '', detail] = REFUSED[index] ?? [];
      const answer = await refused;
      expectProblem(answer, 409, code);
      expect([name, String(answer.body['detail'])]).toEqual([name, expect.stringMatching(detail ?? '')]);
      expect(world.simulator.reservations(classId)).toEqual([]);
    }
  });

  test('at the hour of another booking names that class', async () => {
    const { phone } = await newPhone();
    const [one, other] = [
      await openClass({ startsInMs: 48 * HOUR, name: 'OPEN BOX' }),
      await openClass({ startsInMs: 48 * HOUR }),
    ];
    await phone.post('/v1/bookings', one);

    const [again, elsewhere] = [await phone.post('/v1/bookings', one), await phone.post('/v1/bookings', other)];

    expectProblem(again, 409, 'already-booked');
    expectProblem(elsewhere, 409, 'already-booked');
    expect(again.body['detail']).toMatch(
      /^You already have a place in this class\. AimHarder says: “No puedes hacer más/,
    );
    expect(elsewhere.body['detail']).toMatch(/^You already have a place in another class at that time: OPEN BOX\. /);
  });
});

test.each([
  [0, { capacity: 5 }, 'booked'],
  [1, { capacity: 0, waitlist: 2 }, 'waitlisted'],
] as const)('bookState %i may say of the other what it is: the timetable decides', async (state, wanted, status) => {
  world.simulator.set({ seatState: 0, waitState: 1 });
  const { phone } = await newPhone();
  const one = await openClass(wanted);

  const booked = await phone.post('/v1/bookings', one);

  expect([state, booked.status, booked.body['status']]).toEqual([state, 201, status]);
  expect(world.simulator.reservations(one.classId)).toMatchObject([{ bookingId: booked.body['bookingId'] }]);
});

// Each waits for 6 s or more, so they run side by side: they set no switch, and each fault is for one class.
describe.concurrent('an answer that tells nothing', () => {
  const fail = ({ classId }: { readonly classId: string }, fault: Fault) =>
    world.simulator.failNext('/api/book', fault, 1, { classId });

  test.each([-3, -9, 2, 99])('has a code that nobody knows (%i): it is told', async (bookState) => {
    const { phone } = await newPhone();
    const one = await openClass();
    fail(one, { kind: 'answer', body: JSON.stringify({ bookState, errorMssg: 'Algo nuevo' }) });

    const refused = await phone.post('/v1/bookings', one);

    expectProblem(refused, 502, 'upstream-rejected');
    expect(refused.body['detail']).toContain(`${bookState}. AimHarder says: “Algo nuevo”`);
  });

  test('does not come within 8 s: a class that was booked is booked once, and one that was not is 504', async () => {
    const { member, phone } = await newPhone();
    const classes = [await openClass(), await openClass(), await openClass()] as const;
    fail(classes[0], { kind: 'silent-after' });
    fail(classes[1], { kind: 'slow', ms: 8_500 });
    fail(classes[2], { kind: 'silent' });

    const [silent, slow, lost] = await Promise.all(classes.map((one) => phone.post('/v1/bookings', one)));

    expect([silent?.status, slow?.status]).toEqual([201, 201]);
    expect([silent?.body['status'], slow?.body['status']]).toEqual(['booked', 'booked']);
    if (lost) expectProblem(lost, 504, 'upstream-timeout');
    expect(classes.map(({ classId }) => world.reservationsIn(classId, member.email))).toEqual([1, 1, 0]);
    expect(classes.map(({ classId }) => world.shotsAt(classId).length)).toEqual([1, 1, 1]);
  });
});

describe('a cancellation', () => {
  test('that is late needs consent, and is then carried out', async () => {
    const { member, phone } = await newPhone();
    const one = await openClass({ startsInMs: HOUR });
    const { bookingId } = (await phone.post('/v1/bookings', one)).body;

    expectProblem(await phone.delete(`/v1/bookings/${bookingId}?box=${one.box}`), 409, 'late-cancellation');
    expect(world.reservationsIn(one.classId, member.email)).toBe(1);
    expect((await phone.delete(`/v1/bookings/${bookingId}?box=${one.box}&late=true`)).status).toBe(204);
    expect(world.reservationsIn(one.classId, member.email)).toBe(0);
  });

  test('of a member’s own booking that AimHarder refuses is 502, and the booking stays', async () => {
    const { member, phone } = await newPhone();
    const one = await openClass();
    const { bookingId } = (await phone.post('/v1/bookings', one)).body;
    world.simulator.failNext('/api/cancelBook', { kind: 'answer', body: '{"cancelState":3}' });

    expectProblem(await phone.delete(`/v1/bookings/${bookingId}?box=${one.box}`), 502, 'upstream-rejected');
    expect(world.reservationsIn(one.classId, member.email)).toBe(1);
  });
});

describe('the classes of a day', () => {
  test.each<[string, AddClass, boolean, string]>([
    ['waitlisted', { capacity: 0, waitlist: 2 }, true, 'waitlisted'],
    ['full', { capacity: 0 }, false, 'full'],
    ['full but for its waitlist', { capacity: 0, waitlist: 2 }, false, 'full'],
    ['cancelled', { cancelled: true }, false, 'cancelled'],
    ['closed, having begun', { startsInMs: -60_000 }, false, 'closed'],
    ['closed, being for the staff to book', { staffOnly: true }, false, 'closed'],
  ])('say what is %s', async (_name, wanted, book, state) => {
    const { phone } = await newPhone();
    const one = await openClass(wanted);
    if (book) await phone.post('/v1/bookings', one);

    const { body } = await phone.get(`/v1/classes?box=${one.box}&day=${one.day}`);

    const listed = (body['classes'] as readonly Json[]).find(({ classId }) => classId === one.classId);
    expect(listed?.['state']).toBe(state);
    expect(listed?.['bookingId'] === null).toBe(!book);
  });

  test('need a login once AimHarder has ended the session', async () => {
    const { member, phone } = await newPhone();
    const one = await openClass();
    await phone.post('/v1/bookings', one);
    world.simulator.endSession({ email: member.email });
    await world.documents.send(
      new UpdateCommand({
        TableName: 'sessions',
        Key: { email: member.email, fingerprint: 'phone-12345' },
        UpdateExpression: 'SET lastTokenUpdateAt = :before',
        ExpressionAttributeValues: { ':before': new Date(world.clock.now() - 3 * 60_000).toISOString() },
      }),
    );

    expectProblem(await phone.get(`/v1/classes?box=${one.box}&day=${one.day}`), 401, 'login-required');
  });
});

describe.each([403, 429] as const)('a service address that AimHarder refuses with %i', (status) => {
  const refused = `AimHarder, or a proxy in front of it, refuses this address (status ${status}).`;

  test('is the detail of every problem, and no sign of a login that has changed', async () => {
    const { phone } = await newPhone();
    const one = await openClass();
    world.simulator.set({ refusesAddress: status });

    const answers = [
      await world.api.post('/v1/login', { ...world.member(), fingerprint: 'phone-12345' }),
      await phone.get(`/v1/classes?box=${one.box}&day=${one.day}`),
      await phone.post('/v1/bookings', one),
      await phone.post('/v1/sessions/refresh'),
    ];

    for (const answer of answers) {
      expectProblem(answer, 502, 'upstream-rejected');
      expect(answer.body['detail']).toBe(refused);
    }
  });

  test('is what the sessions’ items tell the operator', async () => {
    const { member } = await newPhone();
    world.simulator.set({ refusesAddress: status });

    await world.turnTheWheel();

    const sessions = (await world.documents.send(new ScanCommand({ TableName: 'sessions' }))).Items ?? [];
    const reasons = sessions.filter(({ email }) => email === member.email).map((one) => one['lastTokenUpdateError']);
    expect(reasons).toEqual(['address-refused', 'address-refused']);
  });
});
