import type { Documents } from '../../../../lib/platform/dynamodb.ts';
import { BookingWatches } from '../../../../lib/prebookings/booking-watches.ts';
import { ClaimWrites } from '../../../../lib/prebookings/claim-writes.ts';
import { PendingQuota } from '../../../../lib/prebookings/pending-quota.ts';
import {
  type Cancelled,
  type Finished,
  type Pending,
  prebookingId,
  type Result,
} from '../../../../lib/prebookings/prebooking.ts';
import { PrebookingStore } from '../../../../lib/prebookings/prebooking-store.ts';
import { PreparationWrites } from '../../../../lib/prebookings/preparation-writes.ts';
import { START, steppedClock } from '../../sessions/session-world.ts';
import { EMAIL, type LostWrite } from './lost-write.ts';

const table = 'prebookings';
const LEASE = { id: 'mine', expiresAt: START + 15_000 };
const RESULT: Result = {
  ...{ outcome: 'booked', bookingId: '9', code: null, message: null, firedAt: START, shots: 1 },
  ...{ latenessMs: 12, latenessBoundMs: 3, aimedBy: 'calibrated' },
};

const wanted = { box: 'crossfit-demo', boxId: '1', day: '2026-03-24', classId: '1', familyId: null };
const pending: Pending = {
  ...{ ...wanted, email: EMAIL, id: prebookingId(EMAIL, wanted), generation: 1, whenFull: null, routineId: null },
  ...{ className: 'WOD', classTime: '18:00', classStartsAt: START + 86_400_000 },
  ...{ opensAt: START + 60_000, wakesAt: START - 30_000, createdAt: START - 60_000 },
  ...{ status: 'pending', armed: false, lease: null },
};

/** Stores a pre-booking, and brings it to a state. */
async function ordered(documents: Documents, until: 'ordered' | 'claimed' | 'committed' | 'finished' = 'ordered') {
  const prebookings = new PrebookingStore({ documents, table, clock: steppedClock() });
  const quota = new PendingQuota({ documents, table, prebookings });
  const claims = new ClaimWrites({ documents, table, quota });
  await quota.reserve(pending, 15, START);
  await prebookings.put(pending, undefined);
  if (until !== 'ordered') await claims.claim(pending, LEASE, START);
  if (until === 'committed' || until === 'finished') await claims.commit(pending, LEASE);
  if (until === 'finished') await claims.finish(pending, LEASE.id, RESULT, START);
  return { prebookings, quota, claims };
}

const finished: Finished = { ...pending, status: 'booked', result: RESULT, endedAt: START };

/** Stores a pre-booking that has ended on the waitlist, and told so. */
async function waiting(documents: Documents) {
  const prebookings = new PrebookingStore({ documents, table, clock: steppedClock() });
  const waitlisted: Finished = { ...finished, status: 'waitlisted', result: { ...RESULT, outcome: 'waitlisted' } };
  await prebookings.put(waitlisted, undefined);
  await prebookings.markPublished(waitlisted);
  return { prebookings, waitlisted };
}

const STORE: readonly Omit<LostWrite, 'table'>[] = [
  {
    writes: 'lib/prebookings/prebooking-store.ts put',
    when: 'the class is ordered for the first time',
    prepare: async (documents) => {
      const prebookings = new PrebookingStore({ documents, table, clock: steppedClock() });
      return () => prebookings.put(pending, undefined);
    },
  },
  {
    writes: 'lib/prebookings/prebooking-store.ts put',
    when: 'the class is ordered again',
    nth: 2,
    prepare: async (documents) => {
      const { prebookings } = await ordered(documents, 'finished');
      return () => prebookings.put({ ...pending, generation: 2 }, finished);
    },
  },
  {
    writes: 'lib/prebookings/replaced-outcomes.ts keep',
    prepare: async (documents) => {
      const { prebookings } = await ordered(documents, 'finished');
      return () => prebookings.replacedOutcomes.keep(finished);
    },
  },
  {
    writes: 'lib/prebookings/replaced-outcomes.ts remove',
    prepare: async (documents) => {
      const { prebookings } = await ordered(documents, 'finished');
      await prebookings.replacedOutcomes.keep(finished);
      return () => prebookings.replacedOutcomes.remove({ email: EMAIL, id: `#outcome#${finished.id}#1` });
    },
  },
  {
    writes: 'lib/prebookings/prebooking-store.ts undoOrder',
    prepare: async (documents) => {
      const { prebookings } = await ordered(documents);
      return () => prebookings.undoOrder(pending);
    },
  },
  {
    writes: 'lib/prebookings/prebooking-store.ts markArmed',
    prepare: async (documents) => {
      const { prebookings } = await ordered(documents);
      return () => prebookings.markArmed(pending);
    },
  },
  {
    writes: 'lib/prebookings/prebooking-store.ts follow',
    prepare: async (documents) => {
      const { prebookings } = await ordered(documents);
      return () => prebookings.follow(pending, { ...pending, generation: START, classTime: '20:00' });
    },
  },
  {
    writes: 'lib/prebookings/prebooking-store.ts cancel',
    prepare: async (documents) => {
      const { prebookings } = await ordered(documents);
      return () => prebookings.cancel(pending, 'member', START);
    },
  },
  {
    writes: 'lib/prebookings/prebooking-store.ts markPublished',
    prepare: async (documents) => {
      const { prebookings } = await ordered(documents, 'finished');
      return () => prebookings.markPublished(finished);
    },
  },
  {
    writes: 'lib/prebookings/prebooking-store.ts promote',
    prepare: async (documents) => {
      const { prebookings, waitlisted } = await waiting(documents);
      return () => prebookings.promote(waitlisted, '9', START + 3_600_000);
    },
  },
  {
    writes: 'lib/prebookings/prebooking-store.ts stopWaiting',
    prepare: async (documents) => {
      const { prebookings, waitlisted } = await waiting(documents);
      return () => prebookings.stopWaiting(waitlisted);
    },
  },
];

const watches = (documents: Documents) => new BookingWatches({ documents, table });

const WATCHES: readonly Omit<LostWrite, 'table'>[] = [
  {
    writes: 'lib/prebookings/booking-watches.ts add',
    prepare: async (documents) => () => watches(documents).add(EMAIL, 'crossfit-demo#7', START),
  },
  {
    writes: 'lib/prebookings/booking-watches.ts queueNews',
    prepare: async (documents) => {
      await watches(documents).add(EMAIL, 'crossfit-demo#7', START);
      return () => watches(documents).queueNews(EMAIL, 'crossfit-demo#7', START);
    },
  },
  {
    writes: 'lib/prebookings/booking-watches.ts remove',
    prepare: async (documents) => {
      await watches(documents).add(EMAIL, 'crossfit-demo#7', START);
      return () => watches(documents).remove({ email: EMAIL, id: '#booking#crossfit-demo#7' });
    },
  },
];

const CLAIM: readonly Omit<LostWrite, 'table'>[] = [
  {
    writes: 'lib/prebookings/claim-writes.ts claim',
    prepare: async (documents) => {
      const { claims } = await ordered(documents);
      return () => claims.claim(pending, LEASE, START);
    },
  },
  {
    writes: 'lib/prebookings/claim-writes.ts renew',
    prepare: async (documents) => {
      const { claims } = await ordered(documents, 'claimed');
      return () => claims.renew(pending, { ...LEASE, expiresAt: START + 20_000 });
    },
  },
  {
    writes: 'lib/prebookings/preparation-writes.ts handOver',
    prepare: async (documents) => {
      await ordered(documents, 'claimed');
      const preparations = new PreparationWrites({ documents, table: 'prebookings' });
      const preparation = { firesAt: START + 60_000, isSessionProven: true, isClassListed: true };
      return () => preparations.handOver(pending, LEASE.id, preparation, 12_000);
    },
  },
  {
    writes: 'lib/prebookings/claim-writes.ts commit',
    prepare: async (documents) => {
      const { claims } = await ordered(documents, 'claimed');
      return () => claims.commit(pending, { ...LEASE, expiresAt: START + 20_000 });
    },
  },
  {
    writes: 'lib/prebookings/claim-writes.ts recordShots',
    prepare: async (documents) => {
      const { claims } = await ordered(documents, 'committed');
      return () => claims.recordShots(pending, { ...LEASE, expiresAt: START + 20_000 }, 2);
    },
  },
  {
    writes: 'lib/prebookings/claim-writes.ts follow',
    prepare: async (documents) => {
      const { claims } = await ordered(documents, 'committed');
      const moved = { ...pending, lease: LEASE, classTime: '20:00' };
      return () => claims.follow(moved, { ...LEASE, expiresAt: START + 20_000 });
    },
  },
  {
    writes: 'lib/prebookings/claim-writes.ts finish',
    prepare: async (documents) => {
      const { claims } = await ordered(documents, 'committed');
      return () => claims.finish({ ...pending, lease: LEASE }, LEASE.id, RESULT, START);
    },
  },
  {
    writes: 'lib/prebookings/claim-writes.ts bookDespiteCancellation',
    prepare: async (documents) => {
      const { prebookings, claims } = await ordered(documents);
      await prebookings.cancel(pending, 'member', START);
      const cancelled: Cancelled = { ...pending, status: 'cancelled', cancelledBy: 'member', endedAt: START };
      return () => claims.bookDespiteCancellation(cancelled, RESULT, START);
    },
  },
  {
    writes: 'lib/prebookings/claim-writes.ts postpone',
    prepare: async (documents) => {
      const { claims } = await ordered(documents, 'committed');
      return () => claims.postpone({ ...pending, lease: LEASE }, LEASE.id, START + 3_600_000, START);
    },
  },
];

const QUOTA: readonly Omit<LostWrite, 'table'>[] = [
  {
    writes: 'lib/prebookings/pending-quota.ts #add',
    when: 'it is the last that the limit allows',
    prepare: async (documents) => {
      const { quota } = await ordered(documents);
      return () => quota.reserve({ email: EMAIL, id: 'f'.repeat(32), routineId: null }, 2, START);
    },
  },
  {
    writes: 'lib/prebookings/pending-quota.ts #releaseMissing',
    prepare: async (documents) => {
      const { quota } = await ordered(documents);
      await quota.reserve({ email: EMAIL, id: 'f'.repeat(32), routineId: null }, 2, START);
      return () => quota.reserve({ email: EMAIL, id: 'e'.repeat(32), routineId: null }, 2, START + 120_000);
    },
  },
  {
    writes: 'lib/prebookings/release-quota.ts releaseQuota',
    prepare: async (documents) => {
      const { quota } = await ordered(documents);
      await quota.reserve({ email: EMAIL, id: 'f'.repeat(32), routineId: null }, 2, START);
      return () => quota.release(pending);
    },
  },
];

export const PREBOOKING_WRITES: readonly LostWrite[] = [...STORE, ...WATCHES, ...CLAIM, ...QUOTA].map((write) => ({
  ...write,
  table,
}));
