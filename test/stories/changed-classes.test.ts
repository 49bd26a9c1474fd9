import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toWallTime } from '../../infra/simulator/calendar.ts';
import { toIso } from '../../lib/platform/dynamodb.ts';
import { parseCalendar } from '../support/calendar/feed.ts';
import type { Answer } from '../support/infra/described.ts';
import { plan, subscriber, weekly } from '../support/routines/weekly.ts';
import { expectProblem, type Json } from '../support/stories/api-client.ts';
import { AHEAD, startWorld, type World } from '../support/stories/world.ts';

/** What a member sees of a class that its box cancels, moves, replaces or doubles. */
let world: World;
beforeAll(async () => {
  world = await startWorld({ rule: { unit: 'hours', amount: 48 } });
});
afterAll(() => world.stop());

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let names = 0;

/** A name that no other class of this file has: a class of the same name and hour would take the place of one that is cancelled. */
const ownName = (): string => {
  names += 1;
  return `CLASS ${names}`;
};

const newPhone = async () => {
  const member = world.member();
  return { member, phone: world.api.as(await world.login({ ...member, fingerprint: 'phone-12345' })) };
};
const prebookingOf = ({ body }: Answer) => body['prebooking'] as Json;
const named = ({ box, day, classId }: Awaited<ReturnType<World['addClass']>>) => ({ box, day, classId });

describe('a class that the box has cancelled', () => {
  test('is neither ordered nor booked, and AimHarder is not asked to book it', async () => {
    const { phone } = await newPhone();
    const open = await world.addClass({ name: ownName(), opensInMs: -HOUR, cancelled: true });
    const ahead = await world.addClass({ name: ownName(), opensInMs: HOUR, cancelled: true });

    expectProblem(await phone.post('/v1/bookings', named(open)), 409, 'class-cancelled');
    expectProblem(await phone.post('/v1/prebookings', named(open)), 409, 'class-cancelled');
    expectProblem(await phone.post('/v1/prebookings', ahead), 409, 'class-cancelled');
    expect([...world.shotsAt(open.classId), ...world.shotsAt(ahead.classId)]).toEqual([]);
    expect((await phone.get('/v1/prebookings')).body['prebookings']).toEqual([]);
  });

  test('is booked, and ordered, in the class that replaced it', async () => {
    const { member, phone } = await newPhone();
    const open = await world.addClass({ name: ownName(), opensInMs: -HOUR, cancelled: true });
    const openAgain = world.simulator.doubleClass(open.classId);
    const ahead = await world.addClass({ name: ownName(), opensInMs: HOUR, cancelled: true });
    const aheadAgain = world.simulator.doubleClass(ahead.classId);

    const booked = await phone.post('/v1/bookings', named(open));
    const ordered = await phone.post('/v1/prebookings', ahead);
    const again = await phone.post('/v1/prebookings', { ...ahead, classId: aheadAgain.classId });

    expect(booked.status).toBe(201);
    expect(world.reservationsIn(openAgain.classId, member.email)).toBe(1);
    expect(ordered.status).toBe(201);
    expect(prebookingOf(ordered)).toMatchObject({ classId: aheadAgain.classId });
    expect(again.status).toBe(200);
    expect(prebookingOf(again)['id']).toBe(prebookingOf(ordered)['id']);
  });

  test('after it was ordered is told to a member who orders it again, and the order stays', async () => {
    const { phone } = await newPhone();
    const wanted = await world.addClass({ name: ownName(), opensInMs: HOUR });
    const { id } = prebookingOf(await phone.post('/v1/prebookings', wanted));
    world.simulator.changeClass(wanted.classId, { cancelled: true });

    const refused = await phone.post('/v1/prebookings', wanted);
    world.simulator.changeClass(wanted.classId, { cancelled: false });
    const again = await phone.post('/v1/prebookings', wanted);

    expectProblem(refused, 409, 'class-cancelled');
    expect(refused.body['detail']).toContain(`Your pre-booking ${id} stays`);
    expect([again.status, prebookingOf(again)]).toMatchObject([200, { id, status: 'pending' }]);
  });

  test('after it was ordered is still the same order under its new slot id', async () => {
    const { phone } = await newPhone();
    const wanted = await world.addClass({ name: ownName(), opensInMs: HOUR });
    const first = prebookingOf(await phone.post('/v1/prebookings', wanted));
    world.simulator.changeClass(wanted.classId, { cancelled: true });
    const { classId } = world.simulator.doubleClass(wanted.classId);

    const again = await phone.post('/v1/prebookings', { ...wanted, classId });

    expect(again.status).toBe(200);
    expect(prebookingOf(again)['id']).toBe(first['id']);
  });
});

test('a class that is ordered again while AimHarder is away is still the same order', async () => {
  const { phone } = await newPhone();
  const wanted = await world.addClass({ name: ownName(), opensInMs: HOUR });
  const { id } = prebookingOf(await phone.post('/v1/prebookings', wanted));
  world.simulator.failNext('/api/bookings', { kind: 'reset' }, 1_000);

  const again = await phone.post('/v1/prebookings', wanted);

  world.simulator.failNext('/api/bookings', { kind: 'reset' }, 0);
  expect([again.status, prebookingOf(again)]).toMatchObject([200, { id, status: 'pending' }]);
});

test('two classes alike in name and hour are ordered one by one', async () => {
  const { phone } = await newPhone();
  const first = await world.addClass({ name: ownName(), opensInMs: HOUR });
  const second = { ...first, classId: world.simulator.doubleClass(first.classId).classId };

  const answers = [await phone.post('/v1/prebookings', first), await phone.post('/v1/prebookings', second)];

  expect(answers.map(({ status }) => status)).toEqual([201, 201]);
  expect(answers.map((answer) => prebookingOf(answer)['classId'])).toEqual([first.classId, second.classId]);
});

test('a routine’s class that has moved is not ordered by hand before the routine’s order is cancelled', async () => {
  const { phone, make, orders } = await subscriber(world);
  const { classId, day, opensAt, terms } = weekly(world);
  await make(terms);
  await plan(world);
  const [order] = await orders();
  const { time } = world.simulator.changeClass(classId, { time: terms.startsAt === '23:30' ? '22:30' : '23:30' });
  const wanted = { box: terms.box, day, classId, opensAt };

  const refused = await phone.post('/v1/prebookings', wanted);
  await phone.delete(`/v1/prebookings/${order?.['id']}`);
  const ordered = await phone.post('/v1/prebookings', wanted);

  expectProblem(refused, 409, 'class-moved');
  expect(refused.body['detail']).toContain(time);
  expect(ordered.status).toBe(201);
});

/** How many hours after an opening it is noon at the box, two days later: a class at noon can move without leaving its day. */
const hoursToNoon = (opensAt: number): number => 60 - Number(toWallTime(opensAt, 'Europe/Madrid').time.slice(0, 2));

/** A class around noon that opens at a full minute, by a rule in hours. */
async function opensAtFullMinute(opensAt: number) {
  const hoursBefore = hoursToNoon(opensAt);
  const { day, time } = toWallTime(opensAt + hoursBefore * HOUR, 'Europe/Madrid');
  const wanted = named(await world.addClass({ day, time, opensAt, name: ownName() }));
  return { ...wanted, opening: { hoursBefore } };
}

test('a class that has moved is followed 2 hours before its opening, and the old wake-up starts nothing', async () => {
  const { member, phone } = await newPhone();
  const opensAt = Math.ceil(world.simulator.now() / MINUTE) * MINUTE + 3 * HOUR;
  const wanted = await opensAtFullMinute(opensAt);
  const id = String(prebookingOf(await phone.post('/v1/prebookings', wanted))['id']);
  const order = await world.orderOf(member.email, id);
  const { time } = toWallTime(opensAt + (wanted.opening.hoursBefore - 1) * HOUR, 'Europe/Madrid');
  world.simulator.changeClass(wanted.classId, { time });

  await world.stack.invoke('sweep', { scheduledTime: toIso(opensAt - 2 * HOUR) });

  const followed = prebookingOf(await phone.get(`/v1/prebookings/${id}`));
  expect(followed).toMatchObject({ status: 'pending', opensAt: toIso(opensAt - HOUR) });
  expect(await world.fire({ email: member.email, id, order })).toEqual({ ends: ['another-generation'] });
});

/** Returns a later instant, hours ahead, at which it is noon at the box: a class then can move without leaving its day. */
function nextNoon(): number {
  const from = Math.ceil(world.simulator.now() / HOUR) * HOUR + 3 * HOUR;
  const hour = Number(toWallTime(from, 'Europe/Madrid').time.slice(0, 2));
  return from + ((36 - hour) % 24) * HOUR;
}

test('a class that has moved is followed by the rule that AimHarder told when it was ordered', async () => {
  const { phone } = await newPhone();
  const opensAt = nextNoon();
  const { day, time } = toWallTime(opensAt + 48 * HOUR, 'Europe/Madrid');
  const wanted = named(await world.addClass({ day, time, opensAt, name: 'NOON' }));
  const ordered = prebookingOf(await phone.post('/v1/prebookings', wanted));
  expect(ordered).toMatchObject({ opensAt: toIso(opensAt) });
  world.simulator.changeClass(wanted.classId, { time: toWallTime(opensAt + 49 * HOUR, 'Europe/Madrid').time });

  await world.stack.invoke('sweep', { scheduledTime: toIso(opensAt - 2 * HOUR) });

  const followed = prebookingOf(await phone.get(`/v1/prebookings/${ordered['id']}`));
  expect(followed).toMatchObject({ status: 'pending', opensAt: toIso(opensAt + HOUR) });
});

describe('at the opening', () => {
  test('a cancelled class gets no shot and is cancelled in the calendar; a moved one is booked at its later opening', async () => {
    const { member, phone } = await newPhone();
    const url = String((await phone.post('/v1/calendar')).body['url']);
    const opensAt = Math.ceil((world.simulator.now() + AHEAD) / MINUTE) * MINUTE;
    const [cancelled, moved] = [await opensAtFullMinute(opensAt), await opensAtFullMinute(opensAt)];
    const order = async (wanted: object) => String(prebookingOf(await phone.post('/v1/prebookings', wanted))['id']);
    const ids = [await order(cancelled), await order(moved)] as const;
    const movedTo = opensAt + 10 * MINUTE;
    world.simulator.changeClass(cancelled.classId, { cancelled: true });
    world.simulator.changeClass(moved.classId, {
      time: toWallTime(movedTo + moved.opening.hoursBefore * HOUR, 'Europe/Madrid').time,
    });

    await world.skipTo(toIso(opensAt), 13_000);
    // Both are decided at a reading of the timetable before the opening, on any machine.
    world.clock.stop();
    const off = await world.finished(member, ids[0]);
    await world.logged('wake-up-skipped', { prebooking: ids[1], reason: 'postponed' });
    world.clock.run();
    const waiting = prebookingOf(await phone.get(`/v1/prebookings/${ids[1]}`));
    await world.stack.invoke('sweep', { scheduledTime: '2027-01-01T10:07:00Z' });
    await world.skipTo(toIso(movedTo), 13_000);
    const on = await world.finished(member, ids[1]);

    expect(off).toMatchObject({ status: 'failed', result: { outcome: 'class-cancelled', shots: 0 } });
    expect(world.shotsAt(cancelled.classId)).toEqual([]);
    const hours = { classStartsAt: toIso(movedTo + moved.opening.hoursBefore * HOUR), opensAt: toIso(movedTo) };
    expect(waiting).toMatchObject({ status: 'pending', ...hours });
    expect(on).toMatchObject({ status: 'booked', result: { outcome: 'booked', shots: 1 }, ...hours });
    const events = parseCalendar((await world.api.get(url)).text);
    const [first, second] = ids.map((id) => events.find(({ uid }) => uid.startsWith(id)));
    expect(first).toMatchObject({ status: 'CANCELLED' });
    expect(second).toMatchObject({ status: 'CONFIRMED', start: hours.classStartsAt });
  });
});
