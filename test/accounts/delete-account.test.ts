import { DeleteCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { completeDeletion, deleteAccount } from '../../lib/accounts/delete-account.ts';
import { endMembership } from '../../lib/accounts/end-membership.ts';
import { startAccountEnds } from '../../lib/accounts/start-account-ends.ts';
import { type Clock, HOUR, MINUTE } from '../../lib/platform/clock.ts';
import { type Documents, toIso } from '../../lib/platform/dynamodb.ts';
import { ClaimWrites } from '../../lib/prebookings/claim-writes.ts';
import { PendingQuota } from '../../lib/prebookings/pending-quota.ts';
import { PrebookingStore } from '../../lib/prebookings/prebooking-store.ts';
import { PlanStore } from '../../lib/routines/plan-store.ts';
import { type DueTombstone, Tombstones } from '../../lib/sessions/tombstones.ts';
import { accountDeps, pendingOf, storeAccount, TABLES_OF_MEMBERS, tablesWith } from '../support/accounts/account.ts';
import { quiet } from '../support/aimharder/upstream.ts';
import { startDynamo } from '../support/platform/dynamo.ts';
import { START, sessionStores, steppedClock } from '../support/sessions/session-world.ts';

let database: Awaited<ReturnType<typeof startDynamo>>;
beforeAll(async () => {
  database = await startDynamo();
});
afterAll(() => database.stop());

const EVERY_TABLE = TABLES_OF_MEMBERS;

let members = 0;
async function storedMember() {
  members += 1;
  const email = `deleted-${members}@example.com`;
  const clock = steppedClock();
  await storeAccount(database.documents, clock, email);
  return { email, clock, deps: accountDeps(database.documents, clock) };
}

/** A process that is killed after some writes: every later request fails. */
function killedAfter(documents: Documents, writes: number): Documents {
  let left = writes;
  const killed: Documents = Object.create(documents);
  killed.send = async (command: object) => {
    if ([DeleteCommand, PutCommand, UpdateCommand].some((write) => command instanceof write)) left -= 1;
    if (left < 0) throw new Error('killed');
    return Reflect.apply(documents.send, documents, [command]);
  };
  return killed;
}

async function dueAt(now: number): Promise<readonly DueTombstone[]> {
  const due: DueTombstone[] = [];
  for await (const one of new Tombstones({ documents: database.documents, table: 'tombstones' }).findDue(now))
    due.push(one);
  return due;
}

/** Completes all deletions that are due, as the sweep has it done. */
async function completeDue({ clock, deps }: Awaited<ReturnType<typeof storedMember>>): Promise<void> {
  for (const due of await dueAt(clock.now())) await completeDeletion(deps, due);
}

/** Starts the ends of accounts that are due. @param uninvited who is no longer invited. */
async function startEnds(clock: Clock, uninvited: readonly string[] = []) {
  const started: object[] = [];
  const logged: unknown[] = [];
  const deps = {
    sessions: sessionStores(database.documents, clock).sessions,
    prebookings: new PrebookingStore({ documents: database.documents, table: 'prebookings', clock }),
    plans: new PlanStore({ documents: database.documents, table: 'routines' }),
    tombstones: new Tombstones({ documents: database.documents, table: 'tombstones' }),
    isInvited: (email: string) => !uninvited.includes(email),
    invitesEverybody: false,
    start: async (end: object) => void started.push(end),
    ...{ clock, logger: { ...quiet, error: (...line: unknown[]) => void logged.push(line) } },
  };
  await startAccountEnds(deps, 30);
  return { started, logged };
}

test('a deletion leaves nothing of its member, and touches nobody else', async () => {
  const [ada, bob] = [await storedMember(), await storedMember()];

  await deleteAccount(ada.deps, ada.email);

  expect(await tablesWith(database.documents, ada.email)).toEqual([]);
  expect(await tablesWith(database.documents, bob.email)).toEqual(EVERY_TABLE);
});

test('it deletes each wake-up that is to come, that of a cancelled order included', async () => {
  const { email, clock } = await storedMember();
  const disarmed: string[] = [];
  const deps = accountDeps(database.documents, clock, disarmed);
  await deps.prebookings.cancel(pendingOf(email, '1'), 'member', clock.now());

  await deleteAccount(deps, email);

  expect(disarmed.toSorted()).toEqual(
    Array.from({ length: 12 }, (_, index) => pendingOf(email, String(index + 1)).id).toSorted(),
  );
});

/* A deletion sends 37 writes: the tombstone, 12 cancellations, 23 deletions, and the mark that it is over. */
describe.each(Array.from({ length: 19 }, (_, index) => 2 * index))('killed after %i writes', (writes) => {
  test('a repeat finishes the deletion', async () => {
    const { email, clock, deps } = await storedMember();
    await expect(deleteAccount(accountDeps(killedAfter(database.documents, writes), clock), email)).rejects.toThrow(
      'killed',
    );

    await deleteAccount(deps, email);

    expect(await tablesWith(database.documents, email)).toEqual([]);
  });

  test('without a repeat, the sweep has it finished within minutes', async () => {
    const member = await storedMember();
    const { email, clock } = member;
    const killed = accountDeps(killedAfter(database.documents, writes), clock);
    await expect(deleteAccount(killed, email)).rejects.toThrow('killed');

    clock.advance(3 * MINUTE);
    await completeDue(member);

    expect(await tablesWith(database.documents, email)).toEqual(writes === 0 ? EVERY_TABLE : []);
  });
});

test('the second look deletes what was written all the same, and then the tombstone', async () => {
  const member = await storedMember();
  const { email, clock, deps } = member;
  await deleteAccount(deps, email);
  await deps.prebookings.list(email);
  await database.documents.send(new PutCommand({ TableName: 'bookings', Item: { email, booking: 'late' } }));
  clock.advance(HOUR);

  await completeDue(member);

  expect(await tablesWith(database.documents, email)).toEqual([]);
  expect(await dueAt(clock.now() + HOUR)).toEqual([]);
});

test('after an interrupted deletion there is a second look too', async () => {
  const member = await storedMember();
  const { email, clock } = member;
  await expect(deleteAccount(accountDeps(killedAfter(database.documents, 5), clock), email)).rejects.toThrow('killed');
  clock.advance(3 * MINUTE);
  await completeDue(member);
  await database.documents.send(new PutCommand({ TableName: 'bookings', Item: { email, booking: 'late' } }));

  clock.advance(7 * MINUTE);
  await completeDue(member);

  expect(await tablesWith(database.documents, email)).toEqual([]);
  expect(await dueAt(clock.now() + HOUR)).toEqual([]);
});

test('while a pre-booking is being fired, nothing is deleted', async () => {
  const { email, clock, deps } = await storedMember();
  const prebookings = new PrebookingStore({ documents: database.documents, table: 'prebookings', clock });
  const quota = new PendingQuota({ documents: database.documents, table: 'prebookings', prebookings });
  const claims = new ClaimWrites({ documents: database.documents, table: 'prebookings', quota });
  const lease = { id: 'mine', expiresAt: START + MINUTE };
  await claims.claim(pendingOf(email), lease, clock.now());
  await claims.commit(pendingOf(email), lease);

  await expect(deleteAccount(deps, email)).rejects.toMatchObject({ code: 'prebooking-firing', retryAfter: 3_610 });

  expect(await tablesWith(database.documents, email)).toEqual(EVERY_TABLE);
  expect(await new Tombstones({ documents: database.documents, table: 'tombstones' }).isRaised(email)).toBe(false);
});

test('a pre-booking that a firing claims in the last seconds is not deleted, and its member may log in', async () => {
  const { email, clock, deps } = await storedMember();
  const prebookings = new PrebookingStore({ documents: database.documents, table: 'prebookings', clock });
  const quota = new PendingQuota({ documents: database.documents, table: 'prebookings', prebookings });
  clock.advance(HOUR - 1_000);
  const lease = { id: 'mine', expiresAt: clock.now() + MINUTE };
  await new ClaimWrites({ documents: database.documents, table: 'prebookings', quota }).claim(
    pendingOf(email),
    lease,
    clock.now(),
  );

  await expect(deleteAccount(deps, email)).rejects.toMatchObject({ code: 'prebooking-firing', retryAfter: 11 });

  expect((await prebookings.list(email)).map(({ status }) => status)).toEqual(Array(12).fill('pending'));
  expect(await tablesWith(database.documents, email)).toEqual(EVERY_TABLE);
  expect(await new Tombstones({ documents: database.documents, table: 'tombstones' }).isRaised(email)).toBe(false);
});

test('a pre-booking that nobody can read keeps no account from being deleted', async () => {
  const { email, deps } = await storedMember();
  const item = { email, id: 'f'.repeat(32), status: 'of a later version' };
  await database.documents.send(new PutCommand({ TableName: 'prebookings', Item: item }));

  await deleteAccount(deps, email);

  expect(await tablesWith(database.documents, email)).toEqual([]);
});

test('orders of routines are cancelled as the routine’s, so that a member who is invited again misses no date', async () => {
  const { email, clock, deps } = await storedMember();
  const ofRoutine = { ...pendingOf(email, '99', clock.now()), routineId: 'r1' };
  await deps.prebookings.cancel(pendingOf(email, '1'), 'member', clock.now());
  const prebookings = new PrebookingStore({ documents: database.documents, table: 'prebookings', clock });
  await prebookings.put(ofRoutine, undefined);

  await endMembership({ ...deps, publish: async () => undefined }, email);

  expect(await prebookings.find(ofRoutine)).toMatchObject({ status: 'cancelled', cancelledBy: 'routine' });
  expect(await prebookings.find(pendingOf(email, '2'))).toMatchObject({ status: 'cancelled', cancelledBy: 'member' });
});

test('a session that nobody can read keeps nobody in who is no longer invited', async () => {
  const { email, clock } = await storedMember();
  const item = { email: 'unread@example.com', fingerprint: 'phone-12345', sessionType: 'of a later version' };
  await database.documents.send(new PutCommand({ TableName: 'sessions', Item: item }));

  const { started } = await startEnds(clock, [email, item.email]);

  expect(started).toEqual(
    expect.arrayContaining([
      { why: 'not-invited', email },
      { why: 'not-invited', email: item.email },
    ]),
  );
  await database.documents.send(
    new DeleteCommand({ TableName: 'sessions', Key: { email: item.email, fingerprint: item.fingerprint } }),
  );
});

test('a tombstone that cannot be decoded is logged, and does not stop another deletion', async () => {
  const { email, clock } = await storedMember();
  await expect(deleteAccount(accountDeps(killedAfter(database.documents, 5), clock), email)).rejects.toThrow('killed');
  clock.advance(3 * MINUTE);
  const [due] = await dueAt(clock.now());
  const item = { member: '0', state: 'of a later version', dueAt: toIso(clock.now()) };
  await database.documents.send(new PutCommand({ TableName: 'tombstones', Item: item }));
  onTestFinished(async () => {
    await database.documents.send(new DeleteCommand({ TableName: 'tombstones', Key: { member: item.member } }));
  });

  const { started, logged } = await startEnds(clock);

  expect(started).toEqual([expect.objectContaining({ why: 'tombstone', member: due?.member })]);
  expect(logged).toEqual([['unexpected-error', expect.any(Error), { during: 'start-account-ends' }]]);
});
