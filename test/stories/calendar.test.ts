import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { calendarApplication, parseCalendar } from '../support/calendar/feed.ts';
import { addOpenClass, book, subscriber as newSubscriber } from '../support/calendar/subscriber.ts';
import type { Answer } from '../support/infra/described.ts';
import type { Json } from '../support/stories/api-client.ts';
import { AHEAD, startWorld, type World } from '../support/stories/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const HOUR = 3_600_000;

const subscriber = () => newSubscriber(world);

const eventsAt = async (url: string) => parseCalendar((await world.api.get(url)).text);

async function onlyEventAt(url: string) {
  const [event, ...more] = await eventsAt(url);
  if (!event || more.length > 0) throw new Error(`${more.length + 1} events instead of one`);
  return event;
}

const openClass = (wanted?: Parameters<typeof addOpenClass>[1]) => addOpenClass(world, wanted);
const prebookingOf = ({ body }: Answer) => body['prebooking'] as Json;

describe('a class', () => {
  test('is one event: tentative until its opening, then confirmed, then cancelled', async () => {
    const { member, phone, url } = await subscriber();
    const application = calendarApplication();
    const wanted = await world.addClass({ opensInMs: AHEAD, name: 'Halterofilia' });
    const ordered = prebookingOf(await phone.post('/v1/prebookings', wanted));

    const pending = await onlyEventAt(url);
    application.import((await world.api.get(url)).text);
    await world.skipTo(wanted.opensAt);
    const finished = await world.finished(member, String(ordered['id']));
    const confirmed = await onlyEventAt(url);
    application.import((await world.api.get(url)).text);
    const shownWhenBooked = application.shown();
    const { bookingId } = finished['result'] as Json;
    expect((await phone.delete(`/v1/bookings/${bookingId}?box=${wanted.box}`)).status).toBe(204);
    const cancelled = await onlyEventAt(url);
    application.import((await world.api.get(url)).text);

    const start = String(ordered['classStartsAt']);
    const hours = {
      start,
      end: new Date(Date.parse(start) + HOUR).toISOString(),
      location: wanted.box,
      url: `${world.stack.url}/#mine`,
    };
    expect(pending).toMatchObject({ status: 'TENTATIVE', summary: 'Halterofilia (not booked yet)', ...hours });
    expect(pending.description).toContain(wanted.opensAt);
    expect(confirmed).toMatchObject({ uid: pending.uid, status: 'CONFIRMED', summary: 'Halterofilia', ...hours });
    expect(confirmed.description).toBe(null);
    expect(cancelled).toMatchObject({
      uid: pending.uid,
      status: 'CANCELLED',
      summary: 'Halterofilia (cancelled)',
      ...hours,
    });
    expect([pending, confirmed, cancelled].map(({ transparency }) => transparency)).toEqual([
      'TRANSPARENT',
      'OPAQUE',
      'TRANSPARENT',
    ]);
    for (const [before, after] of [
      [pending, confirmed],
      [confirmed, cancelled],
    ] as const)
      expect(Date.parse(after.lastModified)).toBeGreaterThan(Date.parse(before.lastModified));
    expect(confirmed.sequence).toBeGreaterThan(pending.sequence);
    expect(cancelled.sequence).toBeGreaterThan(confirmed.sequence);
    expect(shownWhenBooked).toEqual([confirmed]);
    expect(application.shown()).toEqual([]);
  });

  test('booked at once is in the feed, with its hours', async () => {
    const { phone, url } = await subscriber();
    const booked = await book(phone, await openClass({ name: 'Yoga' }));

    const start = String(booked['classStartsAt']);
    expect(await onlyEventAt(url)).toMatchObject({
      ...{ status: 'CONFIRMED', summary: 'Yoga', start },
      end: new Date(Date.parse(start) + HOUR).toISOString(),
    });
  });

  test('on the waitlist is tentative, and is described so', async () => {
    const { phone, url } = await subscriber();
    const [ada, wanted] = [await subscriber(), await openClass({ capacity: 1, waitlist: 3, name: 'Yoga' })];
    await book(ada.phone, wanted);

    expect(await book(phone, wanted)).toMatchObject({ status: 'waitlisted' });

    expect(await onlyEventAt(url)).toMatchObject({ status: 'TENTATIVE', summary: 'Yoga (waitlist)' });
  });

  test('cancelled and booked again is the same event, shown again', async () => {
    const { phone, url } = await subscriber();
    const wanted = await openClass();
    const { bookingId } = await book(phone, wanted);
    const before = await onlyEventAt(url);
    await phone.delete(`/v1/bookings/${bookingId}?box=${wanted.box}`);
    await book(phone, wanted);

    expect(await onlyEventAt(url)).toMatchObject({ uid: before.uid, status: 'CONFIRMED' });
  });

  test('whose pre-booking is cancelled becomes a cancelled event', async () => {
    const { phone, url } = await subscriber();
    const ordered = prebookingOf(await phone.post('/v1/prebookings', await world.addClass({ opensInMs: HOUR })));
    const before = await onlyEventAt(url);

    await phone.delete(`/v1/prebookings/${ordered['id']}`);

    expect(await onlyEventAt(url)).toMatchObject({ uid: before.uid, status: 'CANCELLED' });
  });

  test('that could not be cancelled stays in the feed', async () => {
    const { phone, url } = await subscriber();
    const wanted = await openClass();
    const { bookingId } = await book(phone, wanted);
    world.simulator.failNext('/api/cancelBook', { kind: 'status', status: 503 }, 1);

    await phone.delete(`/v1/bookings/${bookingId}?box=${wanted.box}`);

    expect(await onlyEventAt(url)).toMatchObject({ status: 'CONFIRMED' });
  });
});

describe('an order that is changed after it was placed', () => {
  test.each([
    ['its opening is postponed', { opensAt: HOUR, wakesAt: HOUR }],
    ['its class moves', { classStartsAt: HOUR, classEndsAt: HOUR }],
  ])('is a later version of its event: %s', async (_name, changes) => {
    const { member, phone, url, read } = await subscriber();
    const ordered = prebookingOf(await phone.post('/v1/prebookings', await world.addClass({ opensInMs: HOUR })));
    const [before, again] = [await read(), await read()];
    const Key = { email: member.email, id: ordered['id'] };
    const { Item = {} } = await world.documents.send(new GetCommand({ TableName: 'prebookings', Key }));
    const later = (name: string, by: number) => new Date(Date.parse(String(Item[name])) + by).toISOString();
    const changed = Object.fromEntries(Object.entries(changes).map(([name, by]) => [name, later(name, by)]));
    await world.documents.send(new PutCommand({ TableName: 'prebookings', Item: { ...Item, ...changed } }));

    const after = await onlyEventAt(url);

    expect(again.text).toBe(before.text);
    const [first] = parseCalendar(before.text);
    expect(after.uid).toBe(first?.uid);
    expect(after.sequence).toBeGreaterThan(first?.sequence ?? Number.POSITIVE_INFINITY);
    for (const instant of ['stamp', 'lastModified'] as const)
      expect(Date.parse(after[instant])).toBeGreaterThan(Date.parse(first?.[instant] ?? '9999'));
  });
});

test('a feed that is imported twice doubles nothing', async () => {
  const { phone, read } = await subscriber();
  await book(phone, await openClass());
  await phone.post('/v1/prebookings', await world.addClass({ opensInMs: HOUR }));
  await phone.post('/v1/prebookings', await world.addClass({ opensInMs: HOUR }));
  const application = calendarApplication();

  application.import((await read()).text);
  application.import((await read()).text);

  expect([application.size(), application.shown().length]).toEqual([3, 3]);
});

test('a feed holds only its member’s classes', async () => {
  const [ada, bob] = [await subscriber(), await subscriber()];
  await book(ada.phone, await openClass());

  expect(await ada.events()).toHaveLength(1);
  expect(await bob.events()).toEqual([]);
});

describe('a class name from outside', () => {
  test.each([
    ['with the marks of iCalendar', 'Open; Box, \\n "A":B\\', 'Open; Box, \\n "A":B\\'],
    [
      'that would add lines',
      'WOD\r\nATTENDEE:mailto:eve@example.com\nEND:VEVENT\r\nBEGIN:VEVENT\u0000\u0085',
      'WOD ATTENDEE:mailto:eve@example.com END:VEVENT BEGIN:VEVENT',
    ],
    ['long, in letters of several bytes', 'Gimnàstica ñ 📞 '.repeat(12).trim(), 'Gimnàstica ñ 📞 '.repeat(12).trim()],
  ])('%s is text and nothing else, in lines of 75 bytes', async (_name, name, shown) => {
    const { phone, read } = await subscriber();
    await book(phone, await openClass({ name }));

    const { text } = await read();

    expect(parseCalendar(text).map(({ summary }) => summary)).toEqual([shown]);
    const lines = text.split('\r\n');
    expect(lines.slice(-2)).toEqual(['END:VCALENDAR', '']);
    expect(lines.filter((line) => Buffer.byteLength(line) > 75 || /[\n\r\0]/.test(line))).toEqual([]);
    expect(lines.filter((line) => /^(BEGIN:VEVENT|END:VEVENT|ATTENDEE)/.test(line))).toHaveLength(2);
  });
});
