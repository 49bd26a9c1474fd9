import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectProblem, type Json } from '../support/stories/api-client.ts';
import { AHEAD, startWorld, type World } from '../support/stories/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const loggedIn = async () => {
  const member = world.member();
  return { member, phone: world.api.as(await world.login({ ...member, fingerprint: 'phone-12345' })) };
};
const family = () => world.simulator.demo.familyId;

test('a relative’s booking is separate from the member’s, and each is cancelled by itself', async () => {
  const { member, phone } = await loggedIn();
  const { box, day, classId } = await world.addClass({ opensInMs: -3_600_000 });
  const place = async (familyId?: string) => {
    const query = `box=${box}&day=${day}${familyId === undefined ? '' : `&familyId=${familyId}`}`;
    const { body } = await phone.get(`/v1/classes?${query}`);
    return (body['classes'] as readonly Json[]).find((one) => one['classId'] === classId)?.['bookingId'];
  };

  const theirs = await phone.post('/v1/bookings', { box, day, classId, familyId: family() });
  expect(theirs).toMatchObject({ status: 201, body: { status: 'booked' } });
  expect([await place(family()), await place()]).toEqual([theirs.body['bookingId'], null]);

  const own = await phone.post('/v1/bookings', { box, day, classId });
  expect(own.status).toBe(201);
  expect(world.reservationsIn(classId, member.email)).toBe(2);

  const cancelled = await phone.delete(
    `/v1/bookings/${theirs.body['bookingId']}?box=${box}&familyId=${family()}&late=true`,
  );
  expect(cancelled.status).toBe(204);
  expect([await place(family()), await place()]).toEqual([null, own.body['bookingId']]);
});

test('a relative’s pre-booking is separate from the member’s, and books the relative’s seat', async () => {
  const { member, phone } = await loggedIn();
  const wanted = await world.addClass({ opensInMs: AHEAD });

  const own = await phone.post('/v1/prebookings', wanted);
  const theirs = await phone.post('/v1/prebookings', { ...wanted, familyId: family() });
  const ids = [own, theirs].map(({ body }) => String((body['prebooking'] as Json)['id']));
  const watcher = await world.watcherOf(member);
  await world.skipTo(wanted.opensAt);
  const finished = await Promise.all(ids.map((id) => world.finishedFor(watcher, id)));

  expect(new Set(ids).size).toBe(2);
  expect(finished).toMatchObject([{ status: 'booked' }, { status: 'booked' }]);
  expect(world.reservationsIn(wanted.classId, member.email)).toBe(2);
});

test('a person outside the family is not booked', async () => {
  const { member, phone } = await loggedIn();
  const { box, day, classId } = await world.addClass({ opensInMs: -3_600_000 });

  const refused = await phone.post('/v1/bookings', { box, day, classId, familyId: '4711' });

  expectProblem(refused, 502, 'upstream-rejected');
  expect(world.reservationsIn(classId, member.email)).toBe(0);
});
