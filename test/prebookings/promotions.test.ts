import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DETAILS } from '../../lib/events/event-schemas.ts';
import { collectServiceRecords } from '../../lib/listings/own-bookings.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../lib/platform/clock.ts';
import { throwUnreadable } from '../../lib/platform/stored-fields.ts';
import { WAITING_SHARDS } from '../../lib/prebookings/prebooking-record.ts';
import { type ScriptedUpstream, scriptedUpstream } from '../support/aimharder/scripted-upstream.ts';
import { listing, MEMBER, row } from '../support/bookings/at-box.ts';
import { startDynamo } from '../support/platform/dynamo.ts';
import { makeUnreadable } from '../support/prebookings/unreadable.ts';
import { SEAT, waitingMember } from '../support/prebookings/waiting-member.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let upstream: ScriptedUpstream;
beforeAll(async () => {
  [dynamo, upstream] = await Promise.all([startDynamo(), scriptedUpstream()]);
});
afterAll(() => {
  upstream.stop();
  return dynamo.stop();
});

/** A member who has waited for an hour, and knows of it. */
async function waiting(by: 'prebook' | 'bookAtOnce' = 'prebook') {
  const member = waitingMember(dynamo.documents);
  await member[by]();
  await member.publishAll();
  member.published.length = 0;
  member.clock.advance(HOUR);
  return member;
}

/** A member with two places on waitlists, one ordered and one booked at once, that have their turn in the same minutes. */
async function waitingInOneShard() {
  for (;;) {
    const member = waitingMember(dynamo.documents);
    const ordered = await member.prebook();
    await member.bookAtOnce();
    const { Items = [] } = await dynamo.documents.send(
      new QueryCommand({
        TableName: 'prebookings',
        KeyConditionExpression: 'email = :email',
        ExpressionAttributeValues: { ':email': member.email },
      }),
    );
    await member.publishAll();
    member.published.length = 0;
    member.clock.advance(HOUR);
    const shards = Items.map(({ openingShard }) => Number(openingShard) % WAITING_SHARDS.length);
    if (new Set(shards).size === 1) return { ...member, ordered };
  }
}

const BOTH = ['prebook', 'bookAtOnce'] as const;

describe.each(BOTH)('a place on the waitlist that has become a seat (%s)', (by) => {
  test('is told once, however many readers see it, at once or later', async () => {
    const member = await waiting(by);

    const counts = await Promise.all([member.read(), member.read(), member.read()]);
    expect(counts.toSorted()).toEqual([0, 0, 1]);
    expect(await member.publishAll()).toBe(1);
    member.clock.advance(HOUR);
    expect(await member.read()).toBe(0);
    expect(await member.publishAll()).toBe(0);

    expect(member.published).toMatchObject([
      {
        type: 'Booking Promoted',
        detail: { email: member.email, box: 'crossfit-demo', className: 'WOD', bookingId: '90001', familyId: null },
      },
    ]);
    expect(DETAILS['Booking Promoted'].safeParse(member.published[0]?.detail).error).toBeUndefined();
  });

  test('is told in the next minute if the bus fails, under the same id', async () => {
    const member = await waiting(by);
    await member.read();
    const tried: string[] = [];
    const failing = async ({ detail }: { readonly detail: { readonly eventId: string } }) => {
      tried.push(detail.eventId);
      throw new Error('the bus is away');
    };

    expect(await member.publishAll(failing)).toBe(0);
    expect(await member.publishAll()).toBe(1);

    expect(member.published.map(({ detail }) => detail.eventId)).toEqual(tried);
  });

  test('is not told once the member has cancelled it, also if that comes after the reading', async () => {
    const [before, after] = [await waiting(by), await waiting(by)];
    await before.deps.bookings.recordCancelled(before.email, 'crossfit-demo#90001', before.clock.now());
    await after.read();
    await after.deps.bookings.recordCancelled(after.email, 'crossfit-demo#90001', after.clock.now());

    expect(await before.read()).toBe(0);
    for (const member of [before, after]) {
      await member.publishAll();
      expect(member.published).toEqual([]);
    }
  });

  test('is not told from a timetable that may lag behind: it was read less than a minute after the place was made', async () => {
    const member = waitingMember(dynamo.documents);
    await member[by]();
    await member.publishAll();
    member.clock.advance(59 * SECOND);
    expect(await member.read()).toBe(0);
    member.clock.advance(10 * SECOND);
    expect(await member.read({ readAt: member.clock.now() - 10 * SECOND })).toBe(0);
    expect(await member.read()).toBe(1);
  });

  test('is not told if the member has booked the seat here, nor after the class has begun', async () => {
    const [own, late] = [await waiting(by), await waiting(by)];
    await own.deps.bookings.recordBooked(
      own.email,
      own.classOf,
      { kind: 'booked', bookingId: '90002' },
      own.clock.now(),
    );
    late.clock.advance(7 * DAY);

    expect(await own.read({ classes: [{ ...SEAT, bookingId: '90002' }] })).toBe(0);
    expect(await late.read()).toBe(0);
  });

  test.each([
    ['on another day', { day: '2026-03-28' }],
    ['of a relative', { familyId: '77' }],
    ['in another class', { classes: [{ ...SEAT, classId: '700102', bookingId: '90002' }] }],
    ['still waiting', { classes: [{ ...SEAT, mine: 'waitlisted' as const }] }],
    ['in a cancelled class', { classes: [{ ...SEAT, cancelled: true }] }],
  ])('is not seen in what is %s', async (_name, changes) => {
    expect(await (await waiting(by)).read(changes)).toBe(0);
  });

  test('counts although the reader cannot write it, and the next reader does', async () => {
    const member = await waiting(by);
    const away = async () => {
      throw new Error('the database is away');
    };
    const stores = { prebookings: { promote: away }, bookings: { list: away, promote: away } };

    expect(await member.read({}, { ...member.deps, ...stores })).toBe(0);
    expect(member.errors).toHaveLength(1);
    expect(await member.read()).toBe(1);
  });
});

test('a pre-booking tells its seat, under the id that AimHarder gives it now, after it has told the waitlist', async () => {
  const member = waitingMember(dynamo.documents);
  await member.prebook();
  member.clock.advance(HOUR);

  expect(await member.read()).toBe(0);
  await member.publishAll();
  expect(await member.read({ classes: [{ ...SEAT, bookingId: '90002' }] })).toBe(1);
  await member.publishAll();

  expect(member.published.map(({ type }) => type)).toEqual(['PreBooking Waitlisted', 'Booking Promoted']);
  expect(await member.stored()).toMatchObject([
    { status: 'booked', result: { outcome: 'booked', bookingId: '90002' }, promotedAt: member.clock.now() },
  ]);
});

test('a booking that was made at once keeps the id of its seat: the news tells it, and both ids find the record', async () => {
  const member = await waiting('bookAtOnce');
  const { bookings } = member.deps;
  expect(await member.read({ classes: [{ ...SEAT, bookingId: '90002' }] })).toBe(1);
  await member.publishAll();

  expect(member.published).toMatchObject([{ type: 'Booking Promoted', detail: { bookingId: '90002' } }]);
  const find = (bookingId: string) =>
    bookings.findByBookingId(member.email, { box: 'crossfit-demo', bookingId }, throwUnreadable);
  const [bySeat, byPlace] = [await find('90002'), await find('90001')];
  expect(bySeat).toMatchObject({ key: 'crossfit-demo#90001', booked: { kind: 'booked', seatBookingId: '90002' } });
  expect(byPlace).toEqual(bySeat);
  const own = () => bookings.list(member.email).then((all) => collectServiceRecords([], all));
  expect((await own()).bookings).toMatchObject([{ bookingId: '90002', status: 'booked' }]);

  await bookings.recordCancelled(member.email, 'crossfit-demo#90001', member.clock.now());

  const { bookings: left, cancelledAt } = await own();
  expect([left, [...cancelledAt.keys()]]).toEqual([[], ['crossfit-demo#90001', 'crossfit-demo#90002']]);
});

describe('the planner looks at waitlists by itself', () => {
  const EVERY_MINUTE = Array.from({ length: 64 }, (_, minute) => minute);
  const gaps = ([first = 0, ...others]: readonly number[]) =>
    others.reduce<readonly [number, readonly number[]]>(
      ([last, all], minute) => [minute, [...all, minute - last]],
      [first, []],
    )[1];

  const shows = (bookState: 0 | 1) =>
    upstream.answer(({ path }) => (path.includes('/bookings') ? listing(row({ bookState, idres: 90001 })) : MEMBER));

  test.each(BOTH)('every 32 minutes, every 8 in the last 3 hours, and never after its start (%s)', async (by) => {
    shows(0);
    const member = await waiting(by);
    await member.logIn();

    const far = await member.watch(upstream, EVERY_MINUTE);
    member.clock.advance(member.startsAt - member.clock.now() - 3 * HOUR + 1);
    await member.logIn();
    const near = await member.watch(upstream, EVERY_MINUTE);
    member.clock.advance(3 * HOUR);
    const over = await member.watch(upstream, EVERY_MINUTE);

    expect([gaps(far.looked), gaps(near.looked), over.looked]).toEqual([[32], [8, 8, 8, 8, 8, 8, 8], []]);
    expect(far.promoted + near.promoted).toBe(0);
  });

  test.each(BOTH)('finds the seat once, with the member’s own session (%s)', async (by) => {
    shows(1);
    const member = await waiting(by);
    expect(await member.watch(upstream, EVERY_MINUTE)).toEqual({ looked: [], promoted: 0 });
    await member.logIn();

    expect(await member.watch(upstream, EVERY_MINUTE)).toMatchObject({ promoted: 1 });
    await member.publishAll();
    expect(await member.watch(upstream, EVERY_MINUTE)).toEqual({ looked: [], promoted: 0 });

    expect(member.published).toHaveLength(1);
  });

  test('goes on with the news that a reader has recorded, and died before it could queue', async () => {
    const member = await waiting('bookAtOnce');
    await member.deps.bookings.promote(member.email, 'crossfit-demo#90001', null, member.clock.now());
    await member.publishAll();
    expect(member.published).toEqual([]);

    await member.watch(upstream, EVERY_MINUTE);
    await member.publishAll();

    expect(member.published).toHaveLength(1);
  });

  test('a seat is told although nothing watched its place', async () => {
    const member = await waiting('bookAtOnce');
    await member.deps.watches.remove({ email: member.email, id: '#booking#crossfit-demo#90001' });

    expect(await member.read()).toBe(1);
    await member.publishAll();

    expect(member.published).toHaveLength(1);
  });

  test('one read that fails does not end the watch of a place', async () => {
    const member = await waiting();
    await member.logIn();
    shows(1);
    const { prebookings } = member.deps;
    const find = prebookings.find.bind(prebookings);
    prebookings.find = () => Promise.reject(new Error('the database does not answer'));
    expect(await member.watch(upstream, EVERY_MINUTE)).toMatchObject({ promoted: 0 });

    prebookings.find = find;

    expect(await member.watch(upstream, EVERY_MINUTE)).toMatchObject({ promoted: 1 });
  });

  test('a pre-booking that cannot be decoded keeps no other place of its member from being looked at', async () => {
    const member = await waitingInOneShard();
    await member.logIn();
    shows(1);
    await makeUnreadable(dynamo.documents, member.ordered);

    await member.watch(upstream, EVERY_MINUTE);
    await member.publishAll();

    expect(member.published.map(({ type }) => type)).toEqual(['Booking Promoted']);
    expect(member.errors).toContainEqual(['unexpected-error', expect.any(Error), expect.anything()]);
  });

  test('stays away from AimHarder when it does not answer, and looks again', async () => {
    const member = await waiting();
    await member.logIn();
    upstream.answer(() => ({ status: 503, body: '' }));
    expect(await member.watch(upstream, EVERY_MINUTE)).toEqual({ looked: [], promoted: 0 });
    expect(member.errors).toEqual([]);
    shows(1);

    member.clock.advance(MINUTE);
    expect(await member.watch(upstream, EVERY_MINUTE)).toMatchObject({ promoted: 1 });
  });
});
