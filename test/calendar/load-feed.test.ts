import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RecordedBooking } from '../../lib/bookings/booking.ts';
import { formatFeedName } from '../../lib/calendar/calendar-api.ts';
import { CalendarStore } from '../../lib/calendar/calendar-store.ts';
import { loadFeed } from '../../lib/calendar/load-feed.ts';
import { Outcome } from '../../lib/events/outcome.ts';
import { logger } from '../../lib/platform/logger.ts';
import { systemClock } from '../../lib/platform/system-clock.ts';
import type { Prebooking } from '../../lib/prebookings/prebooking.ts';
import { booking, CLASS, cancelled, EMAIL, finished, NOW, pending } from '../support/calendar/facts.ts';
import { parseCalendar } from '../support/calendar/feed.ts';
import { forgetfulDocuments, startDynamo } from '../support/platform/dynamo.ts';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const DAY = 24 * HOUR;

let database: Awaited<ReturnType<typeof startDynamo>>;
beforeAll(async () => {
  database = await startDynamo();
});
afterAll(() => database.stop());

type Stored = { readonly prebookings?: readonly Prebooking[]; readonly bookings?: readonly RecordedBooking[] };

/** A member's feed over what is stored, read at instants of the test's choice. */
async function feedOf(documents = database.documents) {
  const calendars = new CalendarStore({ documents, table: 'calendars' });
  await calendars.revoke(EMAIL);
  let secret = await calendars.issue(EMAIL, NOW);
  const read = ({ prebookings = [], bookings = [] }: Stored, now = NOW, alarmMinutes?: number): Promise<string> =>
    loadFeed(
      {
        calendars,
        prebookings: { list: async () => prebookings },
        bookings: { list: async () => bookings },
        timezones: new Map(),
        pageOrigin: 'https://page.example.com',
        clock: { ...systemClock, now: () => now },
        logger,
      },
      { feed: formatFeedName(secret), alarmMinutes },
      new AbortController().signal,
    );
  return {
    calendars,
    read,
    async event(stored: Stored, now = NOW) {
      const [event, ...more] = parseCalendar(await read(stored, now));
      if (!event || more.length > 0) throw new Error('not one event');
      return event;
    },
    async issueAnother() {
      secret = await calendars.issue(EMAIL, NOW);
    },
  };
}

const later = (opensAt: number): Prebooking => ({ ...pending(), opensAt });
const moved = (by: number): Prebooking =>
  pending(NOW, { ...CLASS, classStartsAt: CLASS.classStartsAt + by, classEndsAt: (CLASS.classEndsAt ?? 0) + by });

const HELD_OR_UNCERTAIN: readonly Outcome[] = ['booked', 'already-booked', 'waitlisted', 'upstream-timeout', 'unknown'];

describe('the title alone shows the state, and only a booked class makes its member busy', () => {
  const failed = (outcome: Outcome) => ({ prebookings: [finished('failed', null, NOW, CLASS, outcome)] });
  test.each<[string, Stored, string, string, string]>([
    ['ordered', { prebookings: [pending()] }, 'WOD (not booked yet)', 'TENTATIVE', 'TRANSPARENT'],
    ['booked', { prebookings: [finished('booked', '7', NOW)] }, 'WOD', 'CONFIRMED', 'OPAQUE'],
    ['booked at once', { bookings: [booking('7', NOW)] }, 'WOD', 'CONFIRMED', 'OPAQUE'],
    [
      'on the waitlist',
      { prebookings: [finished('waitlisted', '7', NOW)] },
      'WOD (waitlist)',
      'TENTATIVE',
      'TRANSPARENT',
    ],
    ['cancelled', { bookings: [booking('7', NOW, NOW + 1)] }, 'WOD (cancelled)', 'CANCELLED', 'TRANSPARENT'],
    ['no longer ordered', { prebookings: [cancelled(NOW)] }, 'WOD (cancelled)', 'CANCELLED', 'TRANSPARENT'],
    ['full', failed('class-full'), 'WOD (not booked: class full)', 'CANCELLED', 'TRANSPARENT'],
    ['missed', failed('missed'), 'WOD (not booked: missed by our service)', 'CANCELLED', 'TRANSPARENT'],
    ['not answered', failed('upstream-timeout'), 'WOD (booking uncertain)', 'TENTATIVE', 'TRANSPARENT'],
    ['not understood', failed('unknown'), 'WOD (booking uncertain)', 'TENTATIVE', 'TRANSPARENT'],
  ])('%s', async (_name, stored, summary, status, transparency) => {
    const { event } = await feedOf();

    expect(await event(stored)).toMatchObject({ summary, status, transparency });
  });

  test.each(Outcome.options.filter((outcome) => !HELD_OR_UNCERTAIN.includes(outcome)))(
    'the reason %s is told in the title and in the description',
    async (outcome) => {
      const { event } = await feedOf();

      const { summary, description } = await event(failed(outcome));

      const [, reason = ''] = /^WOD \(not booked: (.+)\)$/.exec(summary) ?? [];
      expect(reason).not.toBe('');
      expect(description).toBe(`You have no place in this class: ${reason}.`);
    },
  );

  test('each event links to the member’s bookings on the page', async () => {
    const { event } = await feedOf();

    expect((await event({ prebookings: [pending()] })).url).toBe('https://page.example.com/#mine');
  });

  test('a class without a name is shown as “Class”', async () => {
    const { event } = await feedOf();

    expect((await event({ prebookings: [finished('booked', '7', NOW, { ...CLASS, className: '' })] })).summary).toBe(
      'Class',
    );
  });

  test('the opening is shown in the time zone of the box, and in UTC', async () => {
    const { event } = await feedOf();

    expect((await event({ prebookings: [pending()] })).description).toMatch(
      /^Will be booked when bookings open: Wednesday.* 25 March 2026.* 13:00:00 \(2026-03-25T12:00:00\.000Z\)$/,
    );
  });
});

describe('sequence and stamps', () => {
  const marksOf = ({
    sequence,
    stamp,
    lastModified,
  }: Awaited<ReturnType<Awaited<ReturnType<typeof feedOf>>['event']>>) => ({
    sequence,
    stamp,
    lastModified,
  });

  test.each<[string, Stored, Stored]>([
    ['its opening is postponed', { prebookings: [pending()] }, { prebookings: [later(NOW + DAY)] }],
    ['it moves to a later hour', { prebookings: [pending()] }, { prebookings: [moved(HOUR)] }],
    ['it moves to an earlier hour', { prebookings: [pending()] }, { prebookings: [moved(-HOUR)] }],
    ['it is booked', { prebookings: [pending()] }, { prebookings: [finished('booked', '7', NOW)] }],
    ['it is cancelled', { bookings: [booking('7', NOW)] }, { bookings: [booking('7', NOW, NOW)] }],
    [
      'it is booked again',
      { bookings: [booking('7', NOW, NOW)] },
      { bookings: [booking('7', NOW, NOW), booking('8', NOW)] },
    ],
    ['it gets another name', { prebookings: [pending()] }, { prebookings: [{ ...pending(), className: 'HYRO WOD' }] }],
  ])('grow when %s, even within one second', async (_name, before, after) => {
    const { event } = await feedOf();

    const [first, second, third] = [await event(before), await event(after), await event(before)];

    expect(second.uid).toBe(first.uid);
    for (const [one, next] of [
      [first, second],
      [second, third],
    ] as const) {
      expect(next.sequence).toBeGreaterThan(one.sequence);
      expect(Date.parse(next.stamp)).toBeGreaterThan(Date.parse(one.stamp));
      expect(Date.parse(next.lastModified)).toBeGreaterThan(Date.parse(one.lastModified));
    }
  });

  test('stay if the event is unchanged: a later reading gives the same bytes', async () => {
    const { read } = await feedOf();
    const stored = { prebookings: [pending()], bookings: [] };

    const texts = [await read(stored), await read(stored), await read(stored, NOW + DAY)];

    expect(new Set(texts).size).toBe(1);
  });

  test('stay if the change is not shown, or belongs to another event', async () => {
    const { event, read } = await feedOf();
    const other = { ...CLASS, classId: '43', classStartsAt: CLASS.classStartsAt + DAY };
    const before = marksOf(await event({ prebookings: [pending()] }));

    const firing = { ...pending(), status: 'firing', shots: 1, lease: { id: 'a', expiresAt: NOW } } as const;
    expect(marksOf(await event({ prebookings: [firing] }, NOW + HOUR))).toEqual(before);
    const [one] = parseCalendar(await read({ prebookings: [pending(), pending(NOW, other)] }, NOW + HOUR));
    expect(one && marksOf(one)).toEqual(before);
    expect(marksOf(await event({ prebookings: [pending()] }, NOW + 2 * HOUR))).toEqual(before);
  });

  test('grow even if the clock was set back, and if the member gets another feed', async () => {
    const { event, issueAnother } = await feedOf();
    const before = await event({ prebookings: [pending()] }, NOW + DAY);
    await issueAnother();

    const same = await event({ prebookings: [pending()] });
    const after = await event({ prebookings: [later(NOW + DAY)] });

    expect(same).toEqual(before);
    expect(after.sequence).toBeGreaterThan(before.sequence);
  });

  test('are not lower than those of the earlier version, which counted the time of the last change', async () => {
    const { event } = await feedOf();
    const counted = 2 * Math.floor((NOW - Date.UTC(2026, 0, 1)) / SECOND) + 1;

    expect((await event({ bookings: [booking('7', NOW - HOUR, NOW)] }, NOW + SECOND)).sequence).toBeGreaterThan(
      counted,
    );
  });
});

describe('readers at the same time', () => {
  test('get the same text about a change', async () => {
    const { read } = await feedOf();
    await read({ prebookings: [pending()] });

    const stored = { prebookings: [later(NOW + DAY)] };
    const texts = await Promise.all(Array.from({ length: 6 }, (_, index) => read(stored, NOW + index * SECOND)));

    expect(new Set(texts).size).toBe(1);
  });

  test('a save that was sent twice, because its answer was lost, changes nothing', async () => {
    const { documents, loseNext, lost } = forgetfulDocuments(database.endpoint);
    const { event, calendars } = await feedOf(documents);
    const saving = calendars.saveRevisions.bind(calendars);
    calendars.saveRevisions = (...args) => {
      loseNext();
      return saving(...args);
    };

    const first = await event({ prebookings: [pending()] });

    expect(lost()).toBe(true);
    expect(await event({ prebookings: [pending()] }, NOW + HOUR)).toEqual(first);
  });

  test('a feed that is revoked while it is read is gone, and leaves nothing behind', async () => {
    const { calendars, read } = await feedOf();
    const saving = calendars.saveRevisions.bind(calendars);
    calendars.saveRevisions = async (...args) => {
      await calendars.revoke(EMAIL);
      return saving(...args);
    };

    await expect(read({ prebookings: [pending()] })).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('an alarm is a wish of the address', () => {
  const booked = { prebookings: [finished('booked', '7', NOW)] };

  test('only a booked class has one, so long before its start; by default none has', async () => {
    const feed = await feedOf();
    const alarms = async (stored: Stored, minutes?: number) =>
      parseCalendar(await feed.read(stored, NOW, minutes)).flatMap(({ alarms: of }) => of);

    expect(await alarms(booked)).toEqual([]);
    expect(await alarms(booked, 30)).toEqual([{ action: 'DISPLAY', trigger: '-PT30M', description: 'WOD' }]);
    expect(await feed.read(booked, NOW, 30)).toMatch(/\r\nEND:VALARM\r\nEND:VEVENT\r\n/);
    expect(await alarms(booked, 1_440)).toMatchObject([{ trigger: '-P1D' }]);
    expect(await alarms({ prebookings: [pending()] }, 30)).toEqual([]);
    expect(await alarms({ prebookings: [finished('waitlisted', '7', NOW)] }, 30)).toEqual([]);
    expect(await alarms({ bookings: [booking('7', NOW, NOW + 1)] }, 30)).toEqual([]);
  });

  test('readers with and without alarms see the same revisions, which grow only with the class', async () => {
    const feed = await feedOf();
    const revision = async (stored: Stored, now: number, minutes?: number) => {
      const [event] = parseCalendar(await feed.read(stored, now, minutes));
      return [event?.sequence, event?.stamp, event?.lastModified];
    };
    const first = await revision(booked, NOW);

    expect(await revision(booked, NOW + HOUR, 30)).toEqual(first);
    expect(await revision(booked, NOW + 2 * HOUR, 60)).toEqual(first);
    expect(await revision(booked, NOW + 3 * HOUR)).toEqual(first);
    expect(await feed.read(booked, NOW + HOUR, 30)).toBe(await feed.read(booked, NOW + 4 * HOUR, 30));
    const cancelledLater = { bookings: [booking('7', NOW, NOW + 5 * HOUR)] };
    expect(Number((await revision(cancelledLater, NOW + 5 * HOUR, 30))[0])).toBeGreaterThan(Number(first[0]));
  });
});

test('a place on the waitlist that has become a seat is booked, in a new revision', async () => {
  const feed = await feedOf();
  const waiting = finished('waitlisted', '7', NOW);
  const promoted = { ...finished('booked', '7', NOW), promotedAt: NOW + HOUR };

  const before = await feed.event({ prebookings: [waiting] });
  const after = await feed.event({ prebookings: [promoted] }, NOW + HOUR);

  expect(after).toMatchObject({ uid: before.uid, summary: 'WOD', status: 'CONFIRMED' });
  expect(after.sequence).toBeGreaterThan(before.sequence);
});
