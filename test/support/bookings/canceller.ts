import type { BookingStore } from '../../../lib/bookings/booking-store.ts';
import { cancelBooking } from '../../../lib/bookings/cancel-booking.ts';
import { toProblem } from '../../../lib/http/problem.ts';
import type { Clock } from '../../../lib/platform/clock.ts';
import type { Heard } from '../aimharder/scripted-upstream.ts';
import { answer, MEMBER, type membersAtBox, type Script } from './at-box.ts';

const REFUSED = answer({ cancelState: 3 });

/** The day whose timetable a request asks for, such as 20260320. */
export const dayOf = ({ path }: Heard): string => new URL(path, 'http://gym').searchParams.get('day') ?? '';

export type Recorded = Awaited<ReturnType<BookingStore['findByBookingId']>>;

export type Prebooked = { readonly day: string; readonly classId: string | null; readonly familyId: string | null };

/**
 * Cancels a booking of a member at a box. AimHarder answers as scripted, and refuses the cancellation by default.
 *
 * @param waits the clock of the waits; by default, waits for AimHarder's answers take real time, and all others end at once.
 */
export const canceller =
  (atBox: ReturnType<typeof membersAtBox>, waits?: Clock) =>
  async (script: Script, recorded?: Recorded, prebooked?: Prebooked, familyId?: string, isDeleted = false) => {
    const { deps, member, heard, asked } = await atBox({ cancelBook: REFUSED, whoami: MEMBER, ...script }, waits);
    const written: string[] = [];
    const bookings = {
      findByBookingId: async () => recorded,
      recordCancelled: async (_email: string, key: string) => void written.push(key),
    };
    const begunAt = deps.clock.now();
    const { status, code } = await cancelBooking(
      { ...deps, bookings, findPrebooked: async () => prebooked, isDeleted: async () => isDeleted },
      member,
      { bookingId: '90001', late: false, familyId },
      new AbortController().signal,
    ).then(
      () => ({ status: 204, code: '' }),
      (error: unknown) => toProblem(error, 'request'),
    );
    return {
      told: [status, code],
      days: heard.filter(({ path }) => path.includes('/api/bookings')).map(dayOf),
      families: heard.flatMap(({ path, body }) =>
        path.includes('/api/cancelBook') ? [new URLSearchParams(body).get('familyId')] : [],
      ),
      ids: heard.flatMap(({ path, body }) =>
        path.includes('/api/cancelBook') ? [new URLSearchParams(body).get('id')] : [],
      ),
      written,
      requests: asked('cancelBook'),
      tookMs: deps.clock.now() - begunAt,
    };
  };
