import { BookingStore } from '../../../lib/bookings/booking-store.ts';
import { BoxStore } from '../../../lib/boxes/box-store.ts';
import { LearnedRules } from '../../../lib/boxes/learned-rules.ts';
import { BookingWatches } from '../../../lib/prebookings/booking-watches.ts';
import { PendingQuota } from '../../../lib/prebookings/pending-quota.ts';
import { PrebookingQueries } from '../../../lib/prebookings/prebooking-queries.ts';
import { PrebookingStore } from '../../../lib/prebookings/prebooking-store.ts';
import { quiet } from '../aimharder/upstream.ts';
import type { membersAtBox } from '../bookings/at-box.ts';

type AtBox = Awaited<ReturnType<ReturnType<typeof membersAtBox>>>;

/** A member who orders and books, on a real database engine, and what is stored of that. */
export function orderingMember({ deps, member, documents }: AtBox, isDeleted: () => boolean = () => false) {
  const { session } = member;
  if (session.sessionType !== 'device') throw new Error('not a device session');
  const table = { documents, table: 'prebookings', clock: deps.clock };
  const prebookings = new PrebookingStore(table);
  const quota = new PendingQuota({ ...table, prebookings });
  const bookings = new BookingStore({ documents, table: 'bookings' });
  const armed: string[] = [];
  return {
    caller: session,
    deps: {
      ...{ ...deps, prebookings, quota, bookings, maxPending: 15, isDeleted: async () => isDeleted() },
      prebookingQueries: new PrebookingQueries({ ...table, quota, logger: quiet }),
      learnedRules: new LearnedRules({ ...table, boxes: new BoxStore({ documents, table: 'boxes' }) }),
      boxSettings: { timezones: new Map(), openings: new Map() },
      watches: new BookingWatches({ documents, table: 'prebookings' }),
      encryptMember: async () => 'k1.member',
      wakeUps: {
        arm: async ({ id }: { readonly id: string }) => armed.push(id) > 0,
        start: async () => undefined,
        disarm: async () => undefined,
      },
    },
    stored: async () => ({
      bookings: await bookings.list(session.email),
      orders: await prebookings.list(session.email),
      armed,
    }),
  };
}
