import { AimHarder, type ListedClass } from '../../../lib/aimharder/client.ts';
import { BookingStore } from '../../../lib/bookings/booking-store.ts';
import type { ServiceEvent } from '../../../lib/events/event-schemas.ts';
import { HOUR, type Instant } from '../../../lib/platform/clock.ts';
import type { Documents } from '../../../lib/platform/dynamodb.ts';
import { systemClock } from '../../../lib/platform/system-clock.ts';
import { BookingWatches } from '../../../lib/prebookings/booking-watches.ts';
import {
  computeWakeUp,
  type Finished,
  type PrebookingKey,
  prebookingId,
  type Result,
} from '../../../lib/prebookings/prebooking.ts';
import { PrebookingStore } from '../../../lib/prebookings/prebooking-store.ts';
import {
  listWaiting,
  type OwnTimetable,
  type PromotionDeps,
  recordPromotions,
} from '../../../lib/prebookings/promotions.ts';
import { publishOutcomes } from '../../../lib/prebookings/publish-outcomes.ts';
import { watchWaitlists } from '../../../lib/prebookings/watch-waitlists.ts';
import type { ScriptedUpstream } from '../aimharder/scripted-upstream.ts';
import { background, memberUpstream, newMember, START } from '../sessions/session-world.ts';

const WANTED = { box: 'crossfit-demo', boxId: '9818', day: '2026-03-27', classId: '700101', familyId: null };
const RESULT: Result = {
  ...{ outcome: 'waitlisted', bookingId: '90001', code: null, message: null, firedAt: START, shots: 1 },
  ...{ latenessMs: 12, latenessBoundMs: 3, aimedBy: 'calibrated' },
};

/** The row of the class, in which the member has a seat. */
export const SEAT: ListedClass = {
  ...{ classId: '700101', name: 'WOD', start: '07:00', end: '08:00', coach: null, capacity: 14, booked: 14 },
  ...{ waitlist: 3, enabled: true, cancelled: false, mine: 'booked', bookingId: '90001' },
};

const never = new AbortController().signal;

/** A store that shows the pre-bookings of one member only, because tests share the tables. */
class StoreOfOne extends PrebookingStore {
  readonly #email: string;

  constructor(email: string, parts: ConstructorParameters<typeof PrebookingStore>[0]) {
    super(parts);
    this.#email = email;
  }

  override async *findKeys(shard: number): AsyncGenerator<PrebookingKey> {
    for await (const key of super.findKeys(shard)) if (key.email === this.#email) yield key;
  }
}

/** A member on a waitlist, on a real engine, and what is published about them. */
export function waitingMember(documents: Documents) {
  const { email, clock, sessions, tokens, state, logins } = newMember(documents);
  const prebookings = new StoreOfOne(email, { documents, table: 'prebookings', clock });
  const bookings = new BookingStore({ documents, table: 'bookings' });
  const watches = new BookingWatches({ documents, table: 'prebookings' });
  const published: ServiceEvent[] = [];
  const errors: unknown[] = [];
  const logger = {
    info: () => undefined,
    warn: () => undefined,
    error: (...line: unknown[]) => void errors.push(line),
  };
  const deps = { prebookings, bookings, watches, clock, logger };
  const startsAt: Instant = START + 7 * 24 * HOUR - 6 * HOUR;
  const classOf = { ...WANTED, className: 'WOD', classTime: '07:00', classStartsAt: startsAt };
  const publish = async (event: ServiceEvent) => void published.push(event);
  return {
    ...{ email, clock, deps, published, errors, startsAt, classOf },
    /** Records a pre-booking that has ended, by default on the waitlist. */
    async prebook(result: Partial<Result> = {}, status: Finished['status'] = 'waitlisted'): Promise<Finished> {
      const finished: Finished = {
        ...{ ...classOf, email, id: prebookingId(email, WANTED), generation: 7, whenFull: null, routineId: null },
        ...{ opensAt: START, wakesAt: computeWakeUp(START), createdAt: START - HOUR },
        ...{ status, result: { ...RESULT, ...result }, endedAt: clock.now() },
      };
      await prebookings.put(finished, undefined);
      return finished;
    },
    /** Records a booking that was made at once, and ended on the waitlist. */
    async bookAtOnce() {
      await bookings.recordBooked(email, classOf, { kind: 'waitlisted', bookingId: '90001' }, clock.now());
      await watches.add(email, 'crossfit-demo#90001', startsAt);
    },
    stored: () => prebookings.list(email),
    /** Compares a timetable with the member's places, as every reader does. */
    async read(changes: Partial<OwnTimetable> = {}, by: PromotionDeps = deps): Promise<number> {
      const places = listWaiting(email, await prebookings.list(email), await bookings.list(email));
      const { box, day, familyId } = WANTED;
      return recordPromotions(by, places, { box, day, familyId, classes: [SEAT], readAt: clock.now(), ...changes });
    },
    publishAll: (publishing = publish) =>
      publishOutcomes({ ...deps, publish: publishing }, new AbortController().signal),
    logIn: async () => void (await logins.storeSession(background(email))),
    /** Looks at the waitlists in some minutes, and says in which of them AimHarder was asked. */
    async watch({ origins }: ScriptedUpstream, minutes: readonly number[]) {
      const aimHarder = new AimHarder({ origins, clock: systemClock });
      const member = memberUpstream({ aimHarder, sessions, tokens, state, clock });
      const looked: number[] = [];
      let promoted = 0;
      for (const minute of minutes) {
        const counts = await watchWaitlists({ ...member, ...deps }, minute, clock.monotonic() + HOUR, never);
        if (counts.watched > 0) looked.push(minute);
        promoted += counts.promoted;
      }
      return { looked, promoted };
    },
  };
}
