import { afterAll, beforeAll, expect, test } from 'vitest';
import { DETAILS } from '../../lib/events/event-schemas.ts';
import { type Json, untilAnswered } from '../support/stories/api-client.ts';
import { AHEAD, startWorld, type World } from '../support/stories/world.ts';

let world: World;
let booked: Awaited<ReturnType<typeof order>>;
let failed: Awaited<ReturnType<typeof order>>;
beforeAll(async () => {
  world = await startWorld();
  const opensAt = world.clock.now() + AHEAD;
  booked = await order({ opensAt });
  failed = await order({ opensAt, capacity: 0 });
  await world.skipTo(booked.opensAt);
  await Promise.all([booked.ended(), failed.ended()]);
});
afterAll(() => world.stop());

const sweep = async () => (await world.stack.invoke('sweep', { scheduledTime: '2027-01-01T10:07:00Z' })).payload;
const told = (email: string) => world.stack.events.filter(({ detail }) => (detail as Json)['email'] === email);

/** Orders a class, long before it opens. */
async function order(wanted: { opensAt: number; capacity?: number }) {
  const member = world.member();
  const token = await world.login({ ...member, fingerprint: 'phone-12345' });
  const added = await world.addClass(wanted);
  const ordered = await untilAnswered(() => world.api.as(token).post('/v1/prebookings', added));
  const id = String((ordered.body['prebooking'] as Json)['id']);
  return {
    email: member.email,
    classId: added.classId,
    opensAt: added.opensAt,
    id,
    ended: () => world.finishedFor(token, id),
  };
}

test('an event that the bus refuses is published a minute later with the same id, and changes no outcome', async () => {
  const { email, id } = booked;
  world.stack.refuseEvents(true);
  await sweep();
  world.stack.refuseEvents(false);
  expect(told(email)).toEqual([]);
  expect(await booked.ended()).toMatchObject({ status: 'booked' });

  await sweep();

  const eventId = `${id}-${await world.orderOf(email, id)}`;
  expect(told(email)).toMatchObject([{ detailType: 'WakeUp Late' }, { detail: { eventId } }]);
});

test('an outcome is published once, in its documented form', async () => {
  const { email, classId, id } = booked;

  await sweep();
  await sweep();

  const [late, event, ...more] = told(email);
  expect(more).toEqual([]);
  // The clock was moved past the time of the wake-up.
  expect(late).toMatchObject({ detailType: 'WakeUp Late' });
  expect(event).toMatchObject({
    source: 'on-the-dot',
    detailType: 'PreBooking Booked',
    detail: { classId, outcome: 'booked', prebookingId: id, shots: 1 },
  });
  expect(DETAILS['PreBooking Booked'].safeParse(event?.detail).success).toBe(true);
});

test('a failure is published with its reason', async () => {
  await sweep();

  expect(told(failed.email)).toMatchObject([
    { detailType: 'WakeUp Late' },
    { detailType: 'PreBooking Failed', detail: { outcome: 'class-full' } },
  ]);
});

test('a background session ended by AimHarder is published, and marked even if the bus refuses the event', async () => {
  const [heard, unheard] = [world.member(), world.member()];
  for (const member of [heard, unheard]) await world.login({ ...member, fingerprint: 'phone-12345' });
  world.simulator.endSession({ email: heard.email });
  await world.turnTheWheel();
  world.simulator.endSession({ email: unheard.email });
  world.stack.refuseEvents(true);
  await world.turnTheWheel();
  world.stack.refuseEvents(false);

  expect(told(heard.email)).toMatchObject([{ detailType: 'Session LoginRequired' }]);
  expect(DETAILS['Session LoginRequired'].safeParse(told(heard.email)[0]?.detail).success).toBe(true);
  expect(told(unheard.email)).toEqual([]);
  expect(await world.backgroundSessionOf(unheard.email)).toMatchObject({ state: 'login-required' });

  await world.turnTheWheel();
  await world.turnTheWheel();
  expect(told(unheard.email)).toMatchObject([{ detailType: 'Session LoginRequired' }]);
  expect(told(heard.email)).toHaveLength(1);
});

test('a class that was open when it was ordered is published like any other', async () => {
  const member = world.member();
  const phone = world.api.as(await world.login({ ...member, fingerprint: 'phone-12345' }));
  const { opensAt: _, ...open } = await world.addClass({ opensInMs: -3_600_000 });

  const ordered = await phone.post('/v1/prebookings', open);
  await sweep();

  expect(ordered.body['prebooking']).toMatchObject({ status: 'booked' });
  expect(told(member.email)).toMatchObject([{ detailType: 'PreBooking Booked', detail: { classId: open.classId } }]);
});
