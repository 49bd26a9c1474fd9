import { afterEach, beforeEach, expect, test } from 'vitest';
import { toIso } from '../../lib/platform/dynamodb.ts';
import { ClaimWrites } from '../../lib/prebookings/claim-writes.ts';
import { PendingQuota } from '../../lib/prebookings/pending-quota.ts';
import { computeWakeUp, type Lease, type Pending, prebookingId } from '../../lib/prebookings/prebooking.ts';
import { PrebookingStore } from '../../lib/prebookings/prebooking-store.ts';
import { sweep } from '../../lib/prebookings/sweep.ts';
import { startDynamo } from '../support/platform/dynamo.ts';
import { type ManualClock, manualClock } from '../support/platform/manual-clock.ts';

const NOW = Date.UTC(2026, 2, 20, 18);
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const unhurried = new AbortController().signal;

let world: Awaited<ReturnType<typeof startDynamo>>;
let clock: ManualClock;
let prebookings: PrebookingStore;
let claims: ClaimWrites;
let started: { readonly id: string; readonly at: number }[];
let armed: string[];
let alreadyArmed: Set<string>;
let refused: Set<string>;
let published: string[];
let busRefuses: boolean;

beforeEach(async () => {
  world = await startDynamo();
  clock = manualClock(NOW);
  const table = { documents: world.documents, table: 'prebookings' };
  prebookings = new PrebookingStore({ ...table, clock });
  claims = new ClaimWrites({ ...table, quota: new PendingQuota({ ...table, prebookings }) });
  [started, armed, refused, published, busRefuses] = [[], [], new Set(), [], false];
  alreadyArmed = new Set();
});
afterEach(() => world.stop());

async function ordered(classId: string, opensAt: number, more: Partial<Pending> = {}): Promise<Pending> {
  const email = 'ada@example.com';
  const wanted = { box: 'crossfit-demo', boxId: '1', day: '2026-03-24', classId, familyId: null };
  const pending: Pending = {
    ...{ ...wanted, email, id: prebookingId(email, wanted), generation: 1, whenFull: null, routineId: null },
    ...{ className: 'WOD', classTime: '18:00', classStartsAt: opensAt + 96 * 60 * MINUTE },
    ...{ opensAt, wakesAt: computeWakeUp(opensAt), createdAt: opensAt - 60 * MINUTE },
    ...{ status: 'pending', armed: true, lease: null },
    ...more,
  };
  await prebookings.put(pending, undefined);
  if (pending.armed) await prebookings.markArmed(pending);
  return pending;
}

const failing = (id: string) => {
  if (refused.has(id)) throw new Error('the Scheduler refuses');
};

const swept = () =>
  sweep(
    {
      prebookings,
      clock,
      wakeUps: {
        arm: async ({ id }) => {
          failing(id);
          armed.push(id);
          return !alreadyArmed.has(id);
        },
        start: async ({ id }) => {
          failing(id);
          started.push({ id, at: clock.now() });
        },
        disarm: async () => undefined,
      },
      logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
      measure: () => undefined,
      publish: async ({ type, detail }) => {
        published.push(`${type} ${'prebookingId' in detail ? detail.prebookingId : ''}`);
        if (busRefuses) throw new Error('the bus refuses');
      },
    },
    unhurried,
  );

test('a pre-booking whose wake-up is still to come is left alone', async () => {
  await ordered('1', NOW + 160 * SECOND);

  expect(await swept()).toEqual({ armed: 0, started: 0 });
  expect(clock.now()).toBe(NOW);
});

test('a pre-booking whose wake-up is overdue is fired as soon as the wake-up counts as lost', async () => {
  const opensAt = NOW + 60 * SECOND;
  const { id } = await ordered('1', opensAt);
  busRefuses = true;

  expect(await swept()).toEqual({ armed: 0, started: 1 });
  expect(published).toEqual([`WakeUp Lost ${id}`]);
  expect(started).toEqual([{ id, at: computeWakeUp(opensAt) + 62 * SECOND + 1 }]);
});

test.for([
  ['is left alone as long as its lease is renewed', 70 * SECOND, []],
  ['is fired when its lease expires while the sweep looks', 45 * SECOND, [NOW + 45 * SECOND + 1]],
] as const)('a pre-booking that a wake-up claims while the sweep waits %s', async ([, lives, firedAt]) => {
  const pending = await ordered('1', NOW + 60 * SECOND);
  const lease: Lease = { id: 'a', expiresAt: NOW + lives };
  const until = clock.until;
  clock.until = async (tick, signal) => {
    await claims.claim(pending, lease, clock.now());
    await until(tick, signal);
  };

  expect(await swept()).toEqual({ armed: 0, started: firedAt.length });
  expect(started.map(({ at }) => at)).toEqual(firedAt);
});

test('a firing that was started at once has 15 s to claim its pre-booking', async () => {
  const { id } = await ordered('1', NOW + 30 * SECOND, { createdAt: NOW - 5 * SECOND });

  expect(await swept()).toEqual({ armed: 0, started: 1 });
  expect(started).toEqual([{ id, at: NOW + 10 * SECOND + 1 }]);
});

test('a pre-booking whose firing has died is fired when the lease expires', async () => {
  const pending = await ordered('1', NOW + 20 * SECOND);
  await claims.claim(pending, { id: 'a', expiresAt: NOW + 12 * SECOND }, NOW);

  expect(await swept()).toEqual({ armed: 0, started: 1 });
  expect(started.map(({ at }) => toIso(at))).toEqual([toIso(NOW + 12 * SECOND + 1)]);
});

test('an order that was never armed is armed, and a failure does not stop the recovery of others', async () => {
  const far = { armed: false, createdAt: NOW - MINUTE };
  const [bad, good] = [await ordered('1', NOW + 60 * MINUTE, far), await ordered('2', NOW + 61 * MINUTE, far)];
  const [lost, found] = [await ordered('3', NOW - SECOND), await ordered('4', NOW - SECOND)];
  refused = new Set([bad.id, lost.id]);

  expect(await swept()).toEqual({ armed: 1, started: 1 });
  expect({ armed, started: started.map(({ id }) => id) }).toEqual({ armed: [good.id], started: [found.id] });
});

test.for([2.5 * MINUTE, 60 * MINUTE])(
  'an order that opens in %d ms, whose wake-up is set and whose mark is missing, is marked: no wake-up counts as lost',
  async (opensIn) => {
    const pending = await ordered('1', NOW + opensIn, { armed: false, createdAt: NOW - MINUTE });
    alreadyArmed.add(pending.id);

    expect(await swept()).toEqual({ armed: 0, started: 0 });
    expect({ armed, started, published }).toEqual({ armed: [pending.id], started: [], published: [] });
    expect(await prebookings.find(pending)).toMatchObject({ armed: true });
  },
);

test('a postponed pre-booking is armed for its new opening, and no wake-up counts as lost', async () => {
  const pending = await ordered('1', NOW - SECOND);
  const lease: Lease = { id: 'a', expiresAt: NOW + SECOND };
  await claims.claim(pending, lease, NOW);
  await claims.commit(pending, lease);
  await claims.postpone({ ...pending, lease }, 'a', NOW + 60 * MINUTE, NOW);

  expect(await swept()).toEqual({ armed: 0, started: 0 });
  expect({ armed, published }).toEqual({ armed: [pending.id], published: [] });
  expect(await prebookings.find(pending)).toMatchObject({ armed: true, generation: NOW, opensAt: NOW + 60 * MINUTE });
});

test('an item that cannot be read does not stop the recovery of others', async () => {
  const [bad, good] = [await ordered('1', NOW - SECOND), await ordered('2', NOW - SECOND)];
  const find = prebookings.find.bind(prebookings);
  prebookings.find = async (key) => {
    if (key.id === bad.id) throw new Error('not a pre-booking');
    return find(key);
  };

  expect(await swept()).toEqual({ armed: 0, started: 1 });
  expect(started.map(({ id }) => id)).toEqual([good.id]);
});
