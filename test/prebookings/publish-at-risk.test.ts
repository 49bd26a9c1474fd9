import { afterAll, beforeAll, expect, test } from 'vitest';
import { DETAILS, type ServiceEvent } from '../../lib/events/event-schemas.ts';
import { HOUR, type Instant, MINUTE } from '../../lib/platform/clock.ts';
import { computeWakeUp, type Pending, prebookingId } from '../../lib/prebookings/prebooking.ts';
import { PrebookingStore } from '../../lib/prebookings/prebooking-store.ts';
import { followAndRemind } from '../../lib/prebookings/publish-at-risk.ts';
import { startDynamo } from '../support/platform/dynamo.ts';
import { makeUnreadable } from '../support/prebookings/unreadable.ts';
import { background, newMember, START } from '../support/sessions/session-world.ts';

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());

const MINUTE_OF_START = START / MINUTE;

/** A member with a pre-booking that opens at an instant, and the events that are published about it. */
async function memberWith(opensAt: Instant, { armed = true } = {}) {
  const { email, clock, sessions, state, logins } = newMember(dynamo.documents);
  const prebookings = new PrebookingStore({ documents: dynamo.documents, table: 'prebookings', clock });
  const order = { box: 'crossfit-demo', boxId: '9818', day: '2026-03-22', classId: '42', familyId: null };
  const pending: Pending = {
    ...order,
    ...{ whenFull: null, routineId: null },
    ...{ email, id: prebookingId(email, order), generation: 7, className: 'WOD', classTime: '19:30' },
    ...{ classStartsAt: opensAt + 48 * HOUR, opensAt, wakesAt: computeWakeUp(opensAt), createdAt: START - HOUR },
    ...{ status: 'pending' as const, armed: false, lease: null },
  };
  await prebookings.put(pending, undefined);
  if (armed) await prebookings.markArmed(pending);
  const published: ServiceEvent[] = [];
  const logged: unknown[] = [];
  const logger = {
    info: () => undefined,
    warn: () => undefined,
    error: (...line: unknown[]) => void logged.push(line),
  };
  const publish = async (event: ServiceEvent) => void (event.detail.email === email && published.push(event));
  const logIn = async () => void (await logins.storeSession(background(email)));
  const remind = (minute: number, publishing: (event: ServiceEvent) => Promise<void> = publish) =>
    followAndRemind({ prebookings, sessions, follow: async (one) => one, publish: publishing, logger }, minute);
  const breakItem = () => makeUnreadable(dynamo.documents, pending);
  return { email, pending, published, logged, remind, logIn, breakItem, prebookings, sessions, state };
}

test.each([
  [12, true],
  [12, false],
  [2, true],
])('%i hours before its opening, a pre-booking without a session is at risk (armed: %s)', async (hours, armed) => {
  const { pending, published, remind } = await memberWith(START + hours * HOUR + 30_000, { armed });

  await remind(MINUTE_OF_START);

  expect(published).toMatchObject([
    {
      type: 'PreBooking AtRisk',
      detail: { eventId: `${pending.id}-7-at-risk-${hours}`, className: 'WOD', prebookingId: pending.id },
    },
  ]);
  expect(DETAILS['PreBooking AtRisk'].safeParse(published[0]?.detail).success).toBe(true);
});

test('each reminder of a pre-booking is published in exactly one minute', async () => {
  const { published, remind } = await memberWith(START + 12 * HOUR + 5 * MINUTE);
  const tenHours = (10 * HOUR) / MINUTE;

  for (const minute of [0, 3, 4, 5, 6, 7, 60, tenHours + 4, tenHours + 5, tenHours + 6, tenHours + 125])
    await remind(MINUTE_OF_START + minute);

  expect(published.map(({ detail }) => detail.eventId.split('-').at(-1))).toEqual(['12', '2']);
});

test('a member with a live session is not reminded; one whose session AimHarder has ended is', async () => {
  const member = await memberWith(START + 2 * HOUR);
  await member.logIn();
  await member.remind(MINUTE_OF_START);
  expect(member.published).toEqual([]);

  const session = await member.sessions.getBackgroundSession(member.email);
  if (session) await member.state.markLoginRequired(session);
  await member.remind(MINUTE_OF_START);
  expect(member.published).toHaveLength(1);
});

test('a cancelled pre-booking is not at risk', async () => {
  const { pending, published, remind, prebookings } = await memberWith(START + 2 * HOUR);
  await prebookings.cancel(pending, 'member', START);

  await remind(MINUTE_OF_START);

  expect(published).toEqual([]);
});

test('a bus that refuses one event still gets the others', async () => {
  const [one, other] = [await memberWith(START + 2 * HOUR), await memberWith(START + 2 * HOUR)];
  const heard: string[] = [];

  await one.remind(MINUTE_OF_START, async ({ detail: { email } }) => {
    heard.push(email);
    throw new Error('the bus refuses');
  });

  expect(heard).toEqual(expect.arrayContaining([one.email, other.email]));
});

test('a pre-booking that cannot be decoded does not stop the reminders of the others', async () => {
  const unreadable = await memberWith(START + 2 * HOUR);
  const others = await Promise.all(Array.from({ length: 8 }, () => memberWith(START + 2 * HOUR)));
  const heard: string[] = [];
  const { email, pending, breakItem } = unreadable;
  await breakItem();

  await unreadable.remind(MINUTE_OF_START, async ({ detail }) => void heard.push(detail.email));

  expect(heard).toEqual(expect.arrayContaining(others.map((one) => one.email)));
  expect(heard).not.toContain(email);
  expect(unreadable.logged).toContainEqual(['event-not-published', expect.any(Error), { prebooking: pending.id }]);
});
