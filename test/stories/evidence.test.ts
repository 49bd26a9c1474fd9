import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Fault } from '../../infra/simulator/simulator.ts';
import { DEFAULTS } from '../../infra/simulator/switches.ts';
import { expectProblem, type Json } from '../support/stories/api-client.ts';
import { startWorld, type World } from '../support/stories/world.ts';

/** A member is told what AimHarder's timetable shows, whatever AimHarder answers. */
let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterEach(() => world.simulator.set(DEFAULTS));
afterAll(() => world.stop());

const HOUR = 3_600_000;

async function newPhone() {
  const member = world.member();
  return { member, phone: world.api.as(await world.login({ ...member, fingerprint: 'phone-12345' })) };
}
const openClass = async (wanted: { readonly startsInMs?: number; readonly name?: string } = {}) => {
  const { box, day, classId } = await world.addClass({ opensInMs: -HOUR, ...wanted });
  return { box, day, classId };
};

const UNCLEAR: readonly [string, Fault][] = [
  [
    'an unknown code',
    { kind: 'answer', body: '{"clasesContratadas":"411","bookState":2,"id":"90000001"}', carriedOut: true },
  ],
  ['an unknown key', { kind: 'answer', body: '{"bookState":-12,"errorMssgLang":"ALGO_NUEVO"}', carriedOut: true }],
  ['an empty body', { kind: 'answer', body: '', carriedOut: true }],
  ['a page', { kind: 'answer', body: '<html></html>', contentType: 'text/html', carriedOut: true }],
  ['status 500', { kind: 'status', status: 500, carriedOut: true }],
];

test.each(UNCLEAR)('a booking answered with %s, and made, is 201', async (_name, fault) => {
  const { member, phone } = await newPhone();
  const wanted = await openClass();
  world.simulator.failNext('/api/book', fault);

  const { status, body } = await phone.post('/v1/bookings', wanted);

  const [made] = world.simulator.reservations(wanted.classId);
  expect([status, body]).toMatchObject([201, { status: 'booked', bookingId: made?.bookingId }]);
  expect(world.reservationsIn(wanted.classId, member.email)).toBe(1);
});

test('a booking at an hour that overlaps another class is refused, although the two start apart', async () => {
  world.simulator.set({ sameHour: 'overlap' });
  const { phone } = await newPhone();
  const at = (await world.addClass({ opensInMs: -HOUR, startsInMs: 48 * HOUR })).day;
  const [early, late] = await Promise.all(
    ['17:30', '18:00'].map((time) => world.addClass({ opensInMs: -HOUR, day: at, time, name: `AT ${time}` })),
  );
  const wanted = ({ box, day, classId }: NonNullable<typeof early>) => ({ box, day, classId });
  if (!early || !late) throw new Error('no classes');
  await phone.post('/v1/bookings', wanted(early));

  const refused = await phone.post('/v1/bookings', wanted(late));

  expectProblem(refused, 409, 'already-booked');
  expect(refused.body['detail']).toMatch(/^You already have a place in another class at that time: AT 17:30\. /);
});

describe('a cancellation', () => {
  const booked = async () => {
    const { member, phone } = await newPhone();
    const wanted = await openClass({ startsInMs: 48 * HOUR });
    const { bookingId } = (await phone.post('/v1/bookings', wanted)).body;
    const cancel = () => phone.delete(`/v1/bookings/${bookingId}?box=${wanted.box}`);
    const calendar = async () => {
      const { url } = (await phone.post('/v1/calendar', {})).body;
      return (await fetch(String(url))).text();
    };
    return { member, wanted, cancel, calendar };
  };

  test.each<[string, Fault]>([
    ['was lost', { kind: 'reset-after' }],
    ['is not understood', { kind: 'answer', body: '{"cancelState":9}', carriedOut: true }],
  ])('whose answer %s is 204, again 204, and the calendar shows it', async (_name, fault) => {
    const { member, wanted, cancel, calendar } = await booked();
    world.simulator.failNext('/api/cancelBook', fault);

    const answers = [(await cancel()).status, (await cancel()).status];

    expect(answers).toEqual([204, 204]);
    expect(world.reservationsIn(wanted.classId, member.email)).toBe(0);
    expect(await calendar()).toMatch(/STATUS:CANCELLED/);
  });

  test('of a pre-booking’s seat that was lost, and could not be read back, is 204 when it is repeated', async () => {
    const { member, phone } = await newPhone();
    const wanted = await openClass({ startsInMs: 48 * HOUR });
    const { prebooking } = (await phone.post('/v1/prebookings', wanted)).body as { prebooking: Json };
    expect(prebooking).toMatchObject({ status: 'booked' });
    const { bookingId } = prebooking['result'] as Json;
    const cancel = () => phone.delete(`/v1/bookings/${bookingId}?box=${wanted.box}`);
    const { url } = (await phone.post('/v1/calendar', {})).body;
    world.simulator.failNext('/api/cancelBook', { kind: 'reset-after' });
    world.simulator.failNext('/api/bookings', { kind: 'reset' }, 1_000);

    const lost = await cancel();
    world.simulator.failNext('/api/bookings', { kind: 'reset' }, 0);

    expectProblem(lost, 503, 'upstream-unreachable');
    expect(world.reservationsIn(wanted.classId, member.email)).toBe(0);
    expect([(await cancel()).status, (await cancel()).status]).toEqual([204, 204]);
    expect(await (await fetch(String(url))).text()).toMatch(/STATUS:CANCELLED/);
  });

  test('that was not carried out stays an error, and the booking stays', async () => {
    const { member, wanted, cancel } = await booked();
    world.simulator.failNext('/api/cancelBook', { kind: 'reset' });

    expectProblem(await cancel(), 503, 'upstream-unreachable');
    expect(world.reservationsIn(wanted.classId, member.email)).toBe(1);
  });
});

test('a place on the waitlist that is given up is gone although AimHarder’s answer was lost', async () => {
  const { phone } = await newPhone();
  const { box, day, classId } = await world.addClass({ opensInMs: -HOUR, capacity: 0, waitlist: 2 });
  const { bookingId } = (await phone.post('/v1/bookings', { box, day, classId })).body as Json;
  world.simulator.failNext('/api/cancelBook', { kind: 'reset-after' });

  expect((await phone.delete(`/v1/bookings/${bookingId}?box=${box}`)).status).toBe(204);
});
