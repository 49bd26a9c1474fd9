import { afterAll, beforeAll, expect, test } from 'vitest';
import { DETAILS } from '../../lib/events/event-schemas.ts';
import type { Json } from '../support/stories/api-client.ts';
import { startWorld, type World } from '../support/stories/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const sweep = async () => (await world.stack.invoke('sweep', { scheduledTime: '2027-01-01T10:07:00Z' })).payload;
const told = (email: string) => world.stack.events.filter(({ detail }) => (detail as Json)['email'] === email);

/** A pre-booking that has just ended. */
async function ended(wanted: { capacity?: number } = {}) {
  const member = world.member();
  const phone = world.api.as(await world.login({ ...member, fingerprint: 'phone-12345' }));
  const added = await world.addClass({ opensInMs: 2_500, ...wanted });
  const ordered = await phone.post('/v1/prebookings', added);
  const finished = await world.finished(member, String((ordered.body['prebooking'] as Json)['id']));
  return { member, finished, classId: added.classId };
}

test('what became of a pre-booking is published once, in its published form', async () => {
  const { member, finished, classId } = await ended();

  await sweep();
  await sweep();

  const [event, ...more] = told(member.email);
  expect(more).toEqual([]);
  expect(event).toMatchObject({
    source: 'on-the-dot',
    detailType: 'PreBooking Booked',
    detail: { classId, outcome: 'booked', prebookingId: finished['id'], shots: 1 },
  });
  expect(DETAILS['PreBooking Booked'].safeParse(event?.detail).success).toBe(true);
});

test('a failure is published with its reason', async () => {
  const { member } = await ended({ capacity: 0 });

  await sweep();

  expect(told(member.email)).toMatchObject([{ detailType: 'PreBooking Failed', detail: { outcome: 'class-full' } }]);
});

test('what the bus does not take is published a minute later, under the same id, and changes no outcome', async () => {
  const { member, finished } = await ended();
  world.stack.refuseEvents(true);
  await sweep();
  world.stack.refuseEvents(false);
  expect(told(member.email)).toEqual([]);
  expect(finished['status']).toBe('booked');

  await sweep();

  const order = await world.orderOf(member.email, String(finished['id']));
  expect(told(member.email)).toMatchObject([{ detail: { eventId: `${finished['id']}-${order}` } }]);
});

test('a background session that AimHarder has ended is published, and marked also when the bus takes nothing', async () => {
  const [heard, unheard] = [world.member(), world.member()];
  for (const member of [heard, unheard]) await world.login({ ...member, fingerprint: 'phone-12345' });
  const wheelTurns = async (hour: string) => {
    for (let minute = 0; minute < 8; minute += 1)
      await world.stack.invoke('refresh-tokens', { scheduledTime: `2020-02-01T${hour}:0${minute}:00Z` });
  };
  await wheelTurns('00');

  world.simulator.endSession({ email: heard.email });
  await wheelTurns('01');
  world.simulator.endSession({ email: unheard.email });
  world.stack.refuseEvents(true);
  await wheelTurns('02');
  world.stack.refuseEvents(false);

  expect(told(heard.email)).toMatchObject([{ detailType: 'Session LoginRequired' }]);
  expect(DETAILS['Session LoginRequired'].safeParse(told(heard.email)[0]?.detail).success).toBe(true);
  expect(told(unheard.email)).toEqual([]);
  expect(await world.backgroundSessionOf(unheard.email)).toMatchObject({ state: 'login-required' });

  await wheelTurns('03');
  await wheelTurns('04');
  expect(told(unheard.email)).toMatchObject([{ detailType: 'Session LoginRequired' }]);
  expect(told(heard.email)).toHaveLength(1);
}, 90_000);

test('a class that was open when it was ordered is told of as any other', async () => {
  const member = world.member();
  const phone = world.api.as(await world.login({ ...member, fingerprint: 'phone-12345' }));
  const { opensAt: _, ...open } = await world.addClass({ opensInMs: -3_600_000 });

  const ordered = await phone.post('/v1/prebookings', open);
  await sweep();

  expect(ordered.body['prebooking']).toMatchObject({ status: 'booked' });
  expect(told(member.email)).toMatchObject([{ detailType: 'PreBooking Booked', detail: { classId: open.classId } }]);
});
