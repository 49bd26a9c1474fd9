import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ClaimWrites } from '../../lib/prebookings/claim-writes.ts';
import {
  type Pending,
  type Prebooking,
  prebookingId,
  type Result,
  STATUSES,
  TRANSITIONS,
} from '../../lib/prebookings/prebooking.ts';
import { encodePrebooking } from '../../lib/prebookings/prebooking-record.ts';
import { PrebookingStore } from '../../lib/prebookings/prebooking-store.ts';
import { PreparationWrites } from '../../lib/prebookings/preparation-writes.ts';
import { startDynamo } from '../support/platform/dynamo.ts';
import { manualClock } from '../support/platform/manual-clock.ts';

const NOW = Date.UTC(2026, 2, 20, 18);
const LEASE = { id: 'mine', expiresAt: NOW + 15_000 };
const RESULT: Result = {
  ...{ outcome: 'class-full', bookingId: null, code: null, message: null, firedAt: NOW, shots: 1 },
  ...{ latenessMs: null, latenessBoundMs: null, aimedBy: null },
};

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let prebookings: PrebookingStore;
let claims: ClaimWrites;
let preparations: PreparationWrites;
beforeAll(async () => {
  dynamo = await startDynamo();
  const table = { documents: dynamo.documents, table: 'prebookings' };
  prebookings = new PrebookingStore({ ...table, clock: manualClock(NOW) });
  preparations = new PreparationWrites(table);
  claims = new ClaimWrites({ ...table, quota: { release: async () => undefined } });
});
afterAll(() => dynamo.stop());

const wanted = { box: 'crossfit-demo', boxId: '1', day: '2026-03-24', classId: '1', familyId: null };
const email = 'ada@example.com';
const pending: Pending = {
  ...{ ...wanted, email, id: prebookingId(email, wanted), generation: 1, whenFull: null, routineId: null },
  ...{ className: 'WOD', classTime: '18:00', classStartsAt: NOW + 86_400_000 },
  ...{ opensAt: NOW + 60_000, wakesAt: NOW - 30_000, createdAt: NOW - 60_000 },
  ...{ status: 'pending', armed: true, lease: null },
};

const CANCELLED = { status: 'cancelled', cancelledBy: 'member', endedAt: NOW } as const;

function inStatus(status: Prebooking['status']): Prebooking {
  if (status === 'pending') return pending;
  if (status === 'firing') return { ...pending, status, lease: LEASE, shots: 1 };
  if (status === 'cancelled') return { ...pending, ...CANCELLED };
  return { ...pending, status, result: RESULT, endedAt: NOW };
}

/** Stores a pre-booking in a status, with what the write asks for besides, so that it can only fail for the status. */
const store = (status: Prebooking['status'], { isLeased, isArmed = true }: { isLeased: boolean; isArmed?: boolean }) =>
  dynamo.documents.send(
    new PutCommand({
      TableName: 'prebookings',
      Item: {
        ...encodePrebooking(inStatus(status)),
        ...(status === 'pending' && { armed: isArmed }),
        ...(isLeased && { attempt: LEASE.id, attemptUntil: '2026-03-20T18:00:15.000Z' }),
      },
    }),
  );

const WRITES: Readonly<Record<keyof typeof TRANSITIONS, () => Promise<unknown>>> = {
  handOver: () =>
    preparations.handOver(
      pending,
      LEASE.id,
      { firesAt: NOW + 28_000, isSessionProven: true, isClassListed: true },
      undefined,
    ),
  commit: () => claims.commit(pending, LEASE),
  finish: () => claims.finish(pending, LEASE.id, RESULT, NOW),
  postpone: () => claims.postpone(pending, LEASE.id, NOW + 3_600_000, NOW),
  follow: () => prebookings.follow(pending, { ...pending, generation: 2, classTime: '20:00' }),
  cancel: () => prebookings.cancel(pending, 'member', NOW),
  bookDespiteCancellation: () => claims.bookDespiteCancellation({ ...pending, ...CANCELLED }, RESULT, NOW),
  promote: async () => {
    const waitlisted = { ...pending, status: 'waitlisted' as const, result: RESULT, endedAt: NOW };
    await prebookings.markPublished(waitlisted);
    return prebookings.promote(waitlisted, '9', NOW);
  },
  undo: () => prebookings.undoOrder(pending),
  reorder: () => prebookings.put({ ...pending, generation: 2 }, { ...pending, status: 'failed' }),
};

const CASES = (Object.keys(TRANSITIONS) as (keyof typeof TRANSITIONS)[]).flatMap((transition) =>
  STATUSES.map((status) => {
    const allowed: readonly string[] = TRANSITIONS[transition];
    return [transition, allowed.includes(status) ? 'applies to' : 'does not apply to', status] as const;
  }),
);

test('from 3 s before its opening a pre-booking is cancelled only if no firing has claimed it', async () => {
  const lastCall = pending.opensAt - 3_000;
  const cancelled = async (isLeased: boolean, at: number) => {
    await store('pending', { isLeased });
    return prebookings.cancel(pending, 'member', at);
  };

  expect(await cancelled(true, lastCall - 1)).toBe(true);
  expect(await cancelled(true, lastCall)).toBe(false);
  expect(await cancelled(false, lastCall)).toBe(true);
});

test.each(CASES)('%s %s a pre-booking that is %s', async (transition, applies, status) => {
  await store(status, {
    isLeased: transition !== 'undo' && transition !== 'follow',
    isArmed: transition !== 'undo',
  });

  expect(Boolean(await WRITES[transition]())).toBe(applies === 'applies to');
});
