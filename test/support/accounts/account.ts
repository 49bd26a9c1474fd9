import { PutCommand, paginateScan } from '@aws-sdk/lib-dynamodb';
import { TABLES } from '../../../infra/catalog/tables.ts';
import { ACCOUNT_TABLES, type TableNames, tableNamesFrom } from '../../../lib/accounts/account-tables.ts';
import type { DeleteAccountDeps } from '../../../lib/accounts/delete-account.ts';
import { BoxStore } from '../../../lib/boxes/box-store.ts';
import { LearnedRules } from '../../../lib/boxes/learned-rules.ts';
import { KnownOriginStore } from '../../../lib/login/known-origins.ts';
import { type Clock, HOUR, type Instant } from '../../../lib/platform/clock.ts';
import type { Documents } from '../../../lib/platform/dynamodb.ts';
import { hashSubject } from '../../../lib/platform/rate-limits.ts';
import { type Pending, prebookingId } from '../../../lib/prebookings/prebooking.ts';
import { PrebookingStore } from '../../../lib/prebookings/prebooking-store.ts';
import { Tombstones } from '../../../lib/sessions/tombstones.ts';
import { quiet } from '../aimharder/upstream.ts';
import { background, device, START, sessionStores, storeKeys } from '../sessions/session-world.ts';

/** The tables of the local engine: each has the name that the catalogue gives it. */
export const TABLE_NAMES: TableNames = tableNamesFrom(
  Object.fromEntries(Object.entries(TABLES).map(([name, { variable }]) => [variable, name])),
);

/** Creates the dependencies for deleting accounts. @param disarmed gets the ids of the pre-bookings whose wake-up is deleted. */
export const accountDeps = (documents: Documents, clock: Clock, disarmed: string[] = []): DeleteAccountDeps => ({
  ...{ documents, clock, tables: TABLE_NAMES, logger: quiet },
  prebookings: new PrebookingStore({ documents, table: 'prebookings', clock }),
  wakeUps: { disarm: async ({ id }) => void disarmed.push(id) },
  tombstones: new Tombstones({ documents, table: 'tombstones' }),
  knownOrigins: new KnownOriginStore({ documents, table: 'loginAttempts', clock }),
  secrets: async () => ({ keys: storeKeys }),
});

/** Builds a member's pending pre-booking that opens an hour after `now`. */
export function pendingOf(email: string, classId = '1', now: Instant = START): Pending {
  const wanted = { box: 'crossfit-demo', boxId: '1', day: '2026-03-24', classId, familyId: null };
  return {
    ...{ ...wanted, email, id: prebookingId(email, wanted), generation: 1, whenFull: null, routineId: null },
    ...{ className: 'WOD', classTime: '18:00', classStartsAt: now + 24 * HOUR },
    ...{ opensAt: now + HOUR, wakesAt: now + HOUR - 120_000, createdAt: now },
    ...{ status: 'pending', armed: false, lease: null },
  };
}

/** Stores something of a member in every table that holds members: 3 sessions, 12 pre-bookings, a rule, and one of each else. */
export async function storeAccount(documents: Documents, clock: Clock, email: string): Promise<void> {
  const { logins } = sessionStores(documents, clock);
  for (const session of [device(email, 'phone-12345'), device(email, 'tablet-12345'), background(email)])
    await logins.storeSession(session);
  const origins = new KnownOriginStore({ documents, table: 'loginAttempts', clock });
  await origins.remember(email, { fingerprint: 'phone-12345', sourceAddress: '192.0.2.1' });
  const prebookings = new PrebookingStore({ documents, table: 'prebookings', clock });
  for (let number = 1; number <= 12; number += 1)
    await prebookings.put(pendingOf(email, String(number), clock.now()), undefined);
  const boxes = new BoxStore({ documents, table: 'boxes' });
  const holder = { email, box: 'crossfit-demo', familyId: null };
  await new LearnedRules({ documents, table: 'prebookings', boxes }).learn(holder, { daysBefore: 2 });
  for (const [TableName, key] of [
    ['bookings', { booking: 'crossfit-demo#1' }],
    ['messages', { id: 'event#email' }],
    ['routines', {}],
    ['calendars', {}],
    ['notifications', {}],
    ['pushSubscriptions', { id: 'browser-1' }],
    ['credentials', {}],
  ] as const)
    await documents.send(new PutCommand({ TableName, Item: { email, ...key } }));
}

/** The tables that hold something of a member once they have something in each. */
export const TABLES_OF_MEMBERS = [...Object.keys(ACCOUNT_TABLES), 'loginAttempts'].toSorted();

/** Finds the tables that have an item of a member: with the e-mail in it, or with where the member has logged in from. */
export async function tablesWith(documents: Documents, email: string): Promise<readonly string[]> {
  const marks = [email, hashSubject('known', email)];
  const found = new Set<string>();
  for (const TableName of Object.keys(TABLES))
    for await (const { Items = [] } of paginateScan({ client: documents }, { TableName, ConsistentRead: true }))
      if (Items.some((item) => marks.some((mark) => JSON.stringify(item).includes(mark)))) found.add(TableName);
  return [...found].toSorted();
}
