import { expect, test } from 'vitest';
import type { BookingStore } from '../../lib/bookings/booking-store.ts';
import { cancelBooking } from '../../lib/bookings/cancel-booking.ts';
import { toProblem } from '../../lib/http/problem.ts';
import type { Heard, Scripted } from '../support/aimharder/scripted-upstream.ts';
import { answer, listing, membersAtBox, row, type Script } from '../support/bookings/at-box.ts';

const atBox = membersAtBox();

/** The clock of these tests shows noon, UTC, of this day. */
const TODAY = '20260320';
const REFUSED = answer({ cancelState: 3 });
const MINE = listing(row({ bookState: 1, idres: 90001 }));
const NONE = listing(row());

const dayOf = ({ path }: Heard): string => new URL(path, 'http://gym').searchParams.get('day') ?? '';
const mineOn =
  (day: string, otherwise: Scripted = NONE) =>
  (heard: Heard): Scripted =>
    dayOf(heard) === day ? MINE : otherwise;

async function cancelled(script: Script) {
  const { deps, member, heard } = await atBox({ cancelBook: REFUSED, ...script });
  const bookings = { recordCancelled: async () => undefined } as unknown as BookingStore;
  const { status, code } = await cancelBooking(
    { ...deps, bookings },
    member,
    { bookingId: '90001', late: false },
    AbortSignal.timeout(10_000),
  ).then(
    () => ({ status: 204, code: '' }),
    (error: unknown) => toProblem(error, 'request'),
  );
  return { told: [status, code], days: heard.filter(({ path }) => path.includes('/api/bookings')).map(dayOf) };
}

test.each<[string, Script, readonly [number, string]]>([
  ['done', { cancelBook: answer({ cancelState: 1 }) }, [204, '']],
  ['late', { cancelBook: answer({ cancelState: '2' }) }, [409, 'late-cancellation']],
  ['refused, and none of the member’s', { bookings: NONE }, [404, 'booking-not-found']],
  ['refused, and the member’s of today', { bookings: mineOn(TODAY) }, [502, 'upstream-rejected']],
  ['refused, and the member’s of an evening in America', { bookings: mineOn('20260319') }, [502, 'upstream-rejected']],
  ['refused, and the member’s in two weeks', { bookings: mineOn('20260403') }, [502, 'upstream-rejected']],
  [
    'refused, and half of the days unreadable',
    { bookings: mineOn('20260327', { status: 503 }) },
    [502, 'upstream-rejected'],
  ],
  [
    'refused, one day unreadable, none shows it',
    { bookings: (heard) => (dayOf(heard) === TODAY ? { status: 503 } : NONE) },
    [404, 'booking-not-found'],
  ],
  ['refused, and nothing readable', { bookings: { does: 'reset' } }, [503, 'upstream-unreachable']],
  ['refused, and the session found dead', { bookings: answer({ logout: 1 }) }, [401, 'login-required']],
  ['logout', { cancelBook: answer({ logout: 1 }) }, [401, 'login-required']],
  ['nonsense', { cancelBook: answer({ cancelState: 4 }) }, [502, 'upstream-rejected']],
])('a cancellation that is %s', async (_name, script, expected) => {
  expect((await cancelled(script)).told).toEqual(expected);
});

test('a refused booking is looked up day by day, few at a time, until it is found', async () => {
  let open = 0;
  let most = 0;
  const counted = (heard: Heard): Scripted => {
    open += 1;
    most = Math.max(most, open);
    setTimeout(() => {
      open -= 1;
    }, 1);
    return dayOf(heard) === TODAY ? MINE : NONE;
  };

  const { days } = await cancelled({ bookings: counted });

  expect(days.length).toBeLessThanOrEqual(4);
  expect(new Set(days).size).toBe(days.length);
  expect(most).toBeLessThanOrEqual(4);
});
