import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { startSimulator } from '../../../infra/simulator/simulator.ts';
import { AimHarder } from '../../../lib/aimharder/client.ts';
import { openConnection } from '../../../lib/aimharder/connection.ts';
import { sharedCalibrations } from '../../../lib/aimharder/shared-calibrations.ts';
import { BookingStore } from '../../../lib/bookings/booking-store.ts';
import { BoxStore } from '../../../lib/boxes/box-store.ts';
import type { ServiceEvent } from '../../../lib/events/event-schemas.ts';
import { firePrebooking } from '../../../lib/firing/fire-prebooking.ts';
import type { Message } from '../../../lib/notifications/message.ts';
import { NotificationsBody } from '../../../lib/notifications/notification-api.ts';
import { notify } from '../../../lib/notifications/notify.ts';
import { Outbox } from '../../../lib/notifications/outbox.ts';
import { setNotifications } from '../../../lib/notifications/set-notifications.ts';
import { SettingsStore } from '../../../lib/notifications/settings-store.ts';
import { HOUR, type Instant, MINUTE, SECOND } from '../../../lib/platform/clock.ts';
import type { Documents } from '../../../lib/platform/dynamodb.ts';
import { ClaimWrites } from '../../../lib/prebookings/claim-writes.ts';
import { PendingQuota } from '../../../lib/prebookings/pending-quota.ts';
import type { Prebooking } from '../../../lib/prebookings/prebooking.ts';
import { PrebookingQueries } from '../../../lib/prebookings/prebooking-queries.ts';
import { PrebookingStore } from '../../../lib/prebookings/prebooking-store.ts';
import { publishAtRisk } from '../../../lib/prebookings/publish-at-risk.ts';
import { publishOutcomes } from '../../../lib/prebookings/publish-outcomes.ts';
import { sweep } from '../../../lib/prebookings/sweep.ts';
import type { WakeUps } from '../../../lib/prebookings/wake-ups.ts';
import { dueIndex } from '../../../lib/refresh/due-index.ts';
import { notifyMember } from '../../../lib/refresh/recover-session.ts';
import { refreshDueSessions } from '../../../lib/refresh/refresh-due-sessions.ts';
import { WheelCursor } from '../../../lib/refresh/wheel-cursor.ts';
import { setPauses } from '../../../lib/routines/change-pauses.ts';
import { createRoutine } from '../../../lib/routines/change-routines.ts';
import { planRoutines } from '../../../lib/routines/plan-routines.ts';
import { PlanStore } from '../../../lib/routines/plan-store.ts';
import { generateBackgroundFingerprint } from '../../../lib/sessions/fingerprint.ts';
import { startDynamo } from '../platform/dynamo.ts';
import { virtualClock } from '../platform/virtual-clock.ts';
import { memberUpstream, SALT, sessionStores, storeKeys } from '../sessions/session-world.ts';

const unhurried = new AbortController().signal;
const never = Number.POSITIVE_INFINITY;
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** The Scheduler takes this long over a wake-up. */
const WAKING_TAKES = 20 * SECOND;

/**
 * What runs every minute on AWS runs here when it may find something to do: the planner when a plan is due, reminders when an
 * opening is as far ahead as they come, the refresh every so often, the sweep once a day.
 */
const EVERY = 6 * HOUR;
const SWEPT_EVERY = 24 * HOUR;
const SESSION_IDLE = 7 * HOUR;
const REMINDED_AHEAD = [12 * HOUR, 2 * HOUR];

/**
 * One member's weeks at a simulator, in simulated time: routines are planned, pre-bookings fired at their openings, sessions
 * refreshed, events told. `times` is how often each thing is started: whatever comes twice must do nothing twice.
 */
export async function simulatedWeeks(start: Instant, { times = 1 }: { readonly times?: number } = {}) {
  const { documents, stop } = await startDynamo();
  const clock = virtualClock(start);
  const simulator = await startSimulator({ clock, competitors: { count: 0, fillMs: 1 }, sessionIdleMs: SESSION_IDLE });
  const aimHarder = new AimHarder({ origins: simulator.origins, clock });
  const { sessions, tokens, state, logins } = sessionStores(documents, clock);
  const prebookings = new PrebookingStore({ documents, table: 'prebookings', clock });
  const quota = new PendingQuota({ documents, table: 'prebookings', prebookings });
  const events: ServiceEvent[] = [];
  const mails: (Message & { readonly at: Instant })[] = [];
  const armed = new Map<string, Prebooking>();
  const wakeUps: WakeUps = {
    arm: async (prebooking) => void armed.set(prebooking.id, prebooking),
    start: async (prebooking) => void armed.set(prebooking.id, prebooking),
    disarm: async ({ id }) => void armed.delete(id),
  };
  const secrets = async () => ({ keys: storeKeys });
  const timezones = new Map<string, string>();
  const wheel = { slots: 1, shards: 8 };
  const usedPartitions = refreshPartitions(documents);
  const publish = async (event: ServiceEvent) => void events.push(event);
  const recover = notifyMember({ publish, state, logger: quiet });
  const deps = {
    ...memberUpstream({ aimHarder, sessions, tokens, state, clock, recover }),
    ...{ prebookings, quota, wakeUps, maxPending: 15, wheel, publish },
    boxes: new BoxStore({ documents, table: 'boxes' }),
    boxSettings: { timezones, openings: new Map() },
    prebookingQueries: new PrebookingQueries({ documents, table: 'prebookings', clock, quota }),
    claims: new ClaimWrites({ documents, table: 'prebookings', quota }),
    bookings: new BookingStore({ documents, table: 'bookings' }),
    plans: new PlanStore({ documents, table: 'routines' }),
    settings: new SettingsStore({ documents, table: 'notifications' }),
    outbox: new Outbox({ documents, table: 'messages' }),
    cursor: new WheelCursor({ documents, table: 'sessions' }),
    keysIn: usedPartitions.keysIn,
    clockOf: sharedCalibrations(clock),
    connect: (box: string) => openConnection({ origins: simulator.origins, box, clock }),
    ...{ secrets, concurrency: 4, aimSetting: 'default' as const, random: () => 0.5, zoneOf: () => 'Europe/Madrid' },
    sendWebhook: async () => ({ kind: 'delivered' as const }),
    sendMail: async (_to: string, message: Message) => {
      mails.push({ ...message, at: clock.now() });
      return { kind: 'delivered' as const };
    },
  };

  async function each(work: () => Promise<unknown>): Promise<void> {
    for (let time = 0; time < times; time += 1) await clock.run(work);
  }

  async function tellAll(): Promise<void> {
    await each(() => publishOutcomes(deps));
    for (const event of events.splice(0)) await each(() => notify(deps, { event, at: clock.now() }, unhurried));
  }

  async function lookAround(): Promise<void> {
    const begun = clock.now();
    const minute = Math.floor(begun / MINUTE);
    const isIn = (ahead: number) => [...armed.values()].some(({ opensAt }) => opensAt - ahead === minute * MINUTE);
    if (begun % EVERY < MINUTE) {
      await usedPartitions.find();
      await each(() => refreshDueSessions(deps, minute, never, unhurried));
    }
    await each(() => planRoutines(deps, never, unhurried));
    if (begun % SWEPT_EVERY < MINUTE) await each(() => sweep(deps, unhurried));
    if (REMINDED_AHEAD.some(isIn)) await each(() => publishAtRisk(deps, minute));
    await tellAll();
  }

  /** When there may be something to do next. */
  async function nextTime(email: string): Promise<Instant> {
    const { planAt } = await clock.run(() => deps.plans.find(email));
    const reminders = [...armed.values()].flatMap(({ opensAt }) => REMINDED_AHEAD.map((ahead) => opensAt - ahead));
    const times = [...reminders, planAt ?? never, Math.floor(clock.now() / EVERY) * EVERY + EVERY];
    return Math.min(...times.filter((time) => time > clock.now()));
  }

  /** Wakes whatever is due before an instant, in order. */
  async function wakeBefore(end: Instant): Promise<void> {
    for (;;) {
      const [next] = [...armed.values()].toSorted((one, other) => one.wakesAt - other.wakesAt);
      if (!next || next.wakesAt + WAKING_TAKES >= end) return;
      armed.delete(next.id);
      clock.jumpTo(next.wakesAt + WAKING_TAKES);
      const fire = () => firePrebooking(deps, { ...next, order: next.generation }, unhurried);
      await clock.run(() => Promise.all(Array.from({ length: times }, fire)));
      await tellAll();
    }
  }

  return {
    ...{ clock, simulator, deps, mails },
    /** A login, as to the background session. */
    async login(email: string) {
      const fingerprint = generateBackgroundFingerprint(email, SALT);
      const answer = await clock.run(() =>
        aimHarder.login({ email, password: simulator.demo.password, fingerprint }, unhurried),
      );
      if (answer.kind !== 'logged-in') throw new Error('the simulator does not know the member');
      const { token, cookies } = answer.session;
      await clock.run(() => logins.storeSession({ email, fingerprint, token, cookies, boxes: answer.boxes }));
      return { email, boxes: answer.boxes };
    },
    routine: (member: Parameters<typeof createRoutine>[1], terms: Parameters<typeof createRoutine>[2]) =>
      clock.run(() => createRoutine(deps, member, terms, unhurried)),
    pauses: (email: string, pauses: Parameters<typeof setPauses>[2]) =>
      clock.run(() => setPauses(deps, email, pauses, unhurried)),
    tell: (email: string, body: object) =>
      clock.run(() =>
        setNotifications(
          { ...deps, resolver: { resolve: async () => [], isPublic: () => true }, sendsMail: true },
          email,
          NotificationsBody.parse(body),
        ),
      ),
    /** Lets time pass for a member. */
    async until(email: string, end: Instant): Promise<void> {
      while (clock.now() < end) {
        await lookAround();
        const next = Math.min(end, await nextTime(email));
        await wakeBefore(next);
        clock.jumpTo(next);
      }
    },
    async stop() {
      clock.stop();
      await simulator.stop();
      await stop();
    },
  };
}

/**
 * The refresh index, without the requests for partitions that hold no session. A simulated refresh would ask for all 128 of
 * them in vain: three quarters of all requests of a month.
 */
function refreshPartitions(documents: Documents) {
  const keysIn = dueIndex({ documents, table: 'sessions' });
  const used = new Set<unknown>();
  return {
    /** Finds the partitions that hold sessions now. */
    async find(): Promise<void> {
      const all = { TableName: 'sessions', ProjectionExpression: 'refreshSlot', ConsistentRead: true };
      const { Items = [] } = await documents.send(new ScanCommand(all));
      used.clear();
      for (const { refreshSlot } of Items) used.add(refreshSlot);
    },
    async *keysIn(...[partition, after]: Parameters<typeof keysIn>) {
      if (used.has(partition)) yield* keysIn(partition, after);
    },
  };
}
