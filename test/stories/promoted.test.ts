import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { boundPort } from '../../infra/local/loopback.ts';
import { MINUTE } from '../../lib/platform/clock.ts';
import { toIso } from '../../lib/platform/dynamodb.ts';
import { parseJson } from '../../lib/platform/json.ts';
import { parseCalendar } from '../support/calendar/feed.ts';
import { issueFeed } from '../support/calendar/subscriber.ts';
import type { Json } from '../support/stories/api-client.ts';
import { startWorld, type World } from '../support/stories/world.ts';

/* A place on the waitlist becomes a seat, and its member is told on an ntfy of their own. */

let ntfy: Server;
const received: Json[] = [];
let world: World;
beforeAll(async () => {
  ntfy = createServer(async (request, response) => {
    received.push(parseJson(await text(request)) as Json);
    response.end();
  });
  ntfy.listen(0, '127.0.0.1');
  await once(ntfy, 'listening');
  world = await startWorld({}, { NOTIFY_PRIVATE_HOSTS: `127.0.0.1:${boundPort(ntfy)}` });
});
afterAll(async () => {
  await world.stop();
  ntfy.close();
});

/** A member who is told on a topic of their own, in English. */
async function told(topic: string) {
  const member = world.member();
  const phone = world.api.as(await world.login({ ...member, fingerprint: 'phone-12345' }));
  const url = `http://127.0.0.1:${boundPort(ntfy)}/${topic}`;
  expect((await phone.put('/v1/notifications', { ntfy: { url }, language: 'en' })).status).toBe(200);
  const titles = () => received.filter((message) => message['topic'] === topic).map(({ title }) => String(title));
  const events = () =>
    world.stack.events.filter(({ detail }) => (detail as Json)['email'] === member.email).map((one) => one.detailType);
  return { member, phone, titles, events };
}

async function publish() {
  await world.stack.invoke('sweep', { scheduledTime: toIso(world.clock.now()) });
  await world.stack.eventRule.waitUntilIdle();
}

/** Runs the planner in the eight minutes in which every waitlist has its turn. */
async function lookAtWaitlists() {
  const from = Math.ceil(world.clock.now() / (32 * MINUTE)) * 32 * MINUTE;
  for (let minute = 0; minute < 8; minute += 1)
    await world.stack.invoke('plan-routines', { scheduledTime: toIso(from + minute * MINUTE) });
}

const pass = (minutes: number) => world.skipTo(toIso(world.clock.now() + minutes * MINUTE), 0);

test('members who wait are told of their seat once: found by the planner, or by their own readers', async () => {
  const [ada, bob, eve] = [await told('ada'), await told('bob'), await told('eve')];
  const feed = await issueFeed(bob.phone);
  const { box, day, classId } = await world.addClass({ opensInMs: -60 * MINUTE, capacity: 1, waitlist: 2 });
  const wanted = { box, day, classId };
  const seat = await ada.phone.post('/v1/bookings', wanted);
  const ordered = await bob.phone.post('/v1/prebookings', wanted);
  const prebooking = () => bob.phone.get(`/v1/prebookings/${(ordered.body['prebooking'] as Json)['id']}`);
  expect((await prebooking()).body['prebooking']).toMatchObject({ status: 'waitlisted', promotedAt: null });
  expect((await eve.phone.post('/v1/bookings', wanted)).body).toMatchObject({ status: 'waitlisted' });
  await publish();
  await lookAtWaitlists();
  await publish();
  // Bob knows already: the answer to the order has told it. The bus has its event.
  expect([bob.titles(), bob.events()]).toEqual([[], ['PreBooking Waitlisted']]);

  await ada.phone.delete(`/v1/bookings/${seat.body['bookingId']}?box=${box}`);
  await pass(2);
  await lookAtWaitlists();
  await publish();
  await lookAtWaitlists();
  await publish();

  expect(bob.titles()).toEqual([expect.stringMatching(/^You have a seat now: /)]);
  const { result, promotedAt, status } = (await prebooking()).body['prebooking'] as Json;
  expect([status, (result as Json)['outcome'], promotedAt]).toEqual(['booked', 'booked', expect.any(String)]);
  expect(parseCalendar((await world.api.get(feed)).text)).toMatchObject([{ status: 'CONFIRMED' }]);

  await bob.phone.delete(`/v1/bookings/${(result as Json)['bookingId']}?box=${box}`);
  const read = () => eve.phone.get(`/v1/bookings?box=${box}&from=${day}&to=${day}`);
  const readings = await Promise.all([read(), read(), eve.phone.get(`/v1/classes?box=${box}&day=${day}`)]);
  expect(readings.map(({ status: code }) => code)).toEqual([200, 200, 200]);
  await publish();
  await lookAtWaitlists();
  await publish();

  expect(eve.titles()).toEqual([expect.stringMatching(/^You have a seat now: /)]);
  expect(eve.events()).toEqual(['Booking Promoted']);
  expect([ada.titles(), ada.events(), bob.titles().length]).toEqual([[], [], 1]);
  expect(received.at(-1)).toMatchObject({
    message: expect.stringMatching(/\(CrossFit Demo\).*you were on the waitlist, and one became free/),
  });
});
