import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { Simulator } from '../../../infra/simulator/control.ts';
import { startSimulator } from '../../../infra/simulator/simulator.ts';
import { AimHarder } from '../../../lib/aimharder/client.ts';
import { openConnection } from '../../../lib/aimharder/connection.ts';
import { sharedCalibrations } from '../../../lib/aimharder/shared-calibrations.ts';
import { BookingStore } from '../../../lib/bookings/booking-store.ts';
import { BoxStore } from '../../../lib/boxes/box-store.ts';
import { LearnedRules } from '../../../lib/boxes/learned-rules.ts';
import type { ServiceEvent } from '../../../lib/events/event-schemas.ts';
import { firePrebooking } from '../../../lib/firing/fire-prebooking.ts';
import { createShotSpacer } from '../../../lib/firing/next-shot.ts';
import { indexChannels } from '../../../lib/notifications/channel.ts';
import { mailChannel } from '../../../lib/notifications/mail.ts';
import type { Message } from '../../../lib/notifications/message.ts';
import { NotificationsBody } from '../../../lib/notifications/notification-api.ts';
import { notify } from '../../../lib/notifications/notify.ts';
import { Outbox } from '../../../lib/notifications/outbox.ts';
import { setNotifications } from '../../../lib/notifications/set-notifications.ts';
import { SettingsStore } from '../../../lib/notifications/settings-store.ts';
import { HOUR, type Instant, MINUTE, SECOND } from '../../../lib/platform/clock.ts';
import type { Documents } from '../../../lib/platform/dynamodb.ts';
import { BookingWatches } from '../../../lib/prebookings/booking-watches.ts';
import { ClaimWrites } from '../../../lib/prebookings/claim-writes.ts';
import { createClassFollower } from '../../../lib/prebookings/class-follower.ts';
import { PendingQuota } from '../../../lib/prebookings/pending-quota.ts';
import type { Prebooking } from '../../../lib/prebookings/prebooking.ts';
import { PrebookingQueries } from '../../../lib/prebookings/prebooking-queries.ts';
import { PrebookingStore } from '../../../lib/prebookings/prebooking-store.ts';
import { followAndRemind } from '../../../lib/prebookings/publish-at-risk.ts';
import { publishOutcomes } from '../../../lib/prebookings/publish-outcomes.ts';
import { sweep } from '../../../lib/prebookings/sweep.ts';
import type { WakeUps } from '../../../lib/prebookings/wake-ups.ts';
import { dueIndex } from '../../../lib/refresh/due-index.ts';
import { reloginOrNotify } from '../../../lib/refresh/recover-session.ts';
import { refreshDueSessions } from '../../../lib/refresh/refresh-due-sessions.ts';
import { WheelCursor } from '../../../lib/refresh/wheel-cursor.ts';
import { setPauses } from '../../../lib/routines/change-pauses.ts';
import { createRoutine } from '../../../lib/routines/change-routines.ts';
import { planRoutines } from '../../../lib/routines/plan-routines.ts';
import { PlanStore } from '../../../lib/routines/plan-store.ts';
import { generateBackgroundFingerprint } from '../../../lib/sessions/fingerprint.ts';
import { startDynamo } from '../platform/dynamo.ts';
import { virtualClock } from '../platform/virtual-clock.ts';
import { ALONE } from '../refresh/alone.ts';
import { memberUpstream, SALT, sessionStores, storeKeys } from '../sessions/session-world.ts';

type VirtualClock = ReturnType<typeof virtualClock>;

const unhurried = new AbortController().signal;
const never = Number.POSITIVE_INFINITY;
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** How late the Scheduler delivers a wake-up, in milliseconds. */
const WAKING_TAKES = 20 * SECOND;

/**
 * How often the functions run that run every minute on AWS. Here they run only when they may find work: the planner when a plan
 * is due, reminders at their distance before an opening, the refresh at this interval, the sweep once a day.
 */
const EVERY = 6 * HOUR;
const SWEPT_EVERY = 24 * HOUR;
const SESSION_IDLE = 7 * HOUR;
const REMINDED_AHEAD = [12 * HOUR, 2 * HOUR];

/** The member's messages, the wake-ups that are set, and the events that wait on the bus. */
type Watched = {
  readonly events: ServiceEvent[];
  readonly mails: (Message & { readonly at: Instant })[];
  readonly armed: Map<string, Prebooking>;
};

type Parts = Watched & {
  readonly documents: Documents;
  readonly clock: VirtualClock;
  readonly simulator: Simulator;
  readonly partitions: ReturnType<typeof refreshPartitions>;
};

const composeUpstream = ({ documents, clock, simulator, events }: Parts) => {
  const aimHarder = new AimHarder({ origins: simulator.origins, clock });
  const { sessions, tokens, state, logins } = sessionStores(documents, clock);
  const publish = async (event: ServiceEvent) => void events.push(event);
  const relogin = async () => ({ kind: 'unrecoverable' as const });
  const recover = reloginOrNotify({ publish, state, logger: quiet, relogin });
  return { ...memberUpstream({ aimHarder, sessions, tokens, state, clock, recover }), publish, logins };
};

/** Composes the dependencies of every step of the weeks. */
function composeWeeks(parts: Parts) {
  const { documents, clock, simulator, armed, mails, partitions } = parts;
  const settings = new SettingsStore({ documents, table: 'notifications' });
  const prebookings = new PrebookingStore({ documents, table: 'prebookings', clock });
  const boxes = new BoxStore({ documents, table: 'boxes' });
  const quota = new PendingQuota({ documents, table: 'prebookings', prebookings });
  const wakeUps: WakeUps = {
    arm: async (prebooking) => armed.size < armed.set(prebooking.id, prebooking).size,
    start: async (prebooking) => void armed.set(prebooking.id, prebooking),
    disarm: async ({ id }) => void armed.delete(id),
  };
  return {
    ...composeUpstream(parts),
    ...{ prebookings, quota, wakeUps, maxPending: 15, wheel: { slots: 1, shards: 8 } },
    ...{ boxes, learnedRules: new LearnedRules({ documents, table: 'prebookings', boxes }) },
    boxSettings: { timezones: new Map<string, string>(), openings: new Map() },
    prebookingQueries: new PrebookingQueries({ documents, table: 'prebookings', clock, quota, logger: quiet }),
    claims: new ClaimWrites({ documents, table: 'prebookings', quota }),
    bookings: new BookingStore({ documents, table: 'bookings' }),
    watches: new BookingWatches({ documents, table: 'prebookings' }),
    plans: new PlanStore({ documents, table: 'routines' }),
    settings,
    outbox: new Outbox({ documents, table: 'messages' }),
    cursor: new WheelCursor({ documents, table: 'sessions' }),
    keysIn: partitions.keysIn,
    clockOf: sharedCalibrations(clock),
    connect: (box: string) => openConnection({ origins: simulator.origins, box, clock }),
    ...{
      concurrency: 4,
      ...ALONE,
      aimSetting: 'default' as const,
      spaceShot: createShotSpacer(clock),
      random: () => 0.5,
      zoneOf: () => 'Europe/Madrid',
      isDeleted: async () => false,
      encryptMember: async () => 'k1.member',
      findProblem: async () => null,
    },
    secrets: async () => ({ keys: storeKeys }),
    ...{ pageOrigin: undefined, findBoxName: async () => undefined, privateHosts: new Set<string>() },
    channels: indexChannels(
      mailChannel(settings, async (_to, message) => {
        mails.push({ ...message, at: clock.now() });
        return { kind: 'delivered' };
      }),
    ),
  };
}

/**
 * Starts one member's weeks at a simulator, in simulated time: routines are planned, pre-bookings fired at their openings,
 * sessions refreshed, and the member notified.
 *
 * @param times how often each function is started for one event. A second start must change nothing.
 */
export async function simulatedWeeks(start: Instant, { times = 1 }: { readonly times?: number } = {}) {
  const { documents, stop } = await startDynamo();
  const clock = virtualClock(start);
  const simulator = await startSimulator({ clock, competitors: { count: 0, fillMs: 1 }, sessionIdleMs: SESSION_IDLE });
  const watched: Watched = { events: [], mails: [], armed: new Map() };
  return new SimulatedWeeks(
    { ...watched, documents, clock, simulator, partitions: refreshPartitions(documents) },
    times,
    stop,
  );
}

class SimulatedWeeks {
  readonly clock: VirtualClock;
  readonly simulator: Simulator;
  readonly mails: Watched['mails'];
  readonly deps: ReturnType<typeof composeWeeks>;
  readonly #parts: Parts;
  readonly #times: number;
  readonly #stopDynamo: () => Promise<void>;

  constructor(parts: Parts, times: number, stopDynamo: () => Promise<void>) {
    this.#parts = parts;
    this.#times = times;
    this.#stopDynamo = stopDynamo;
    this.deps = composeWeeks(parts);
    ({ clock: this.clock, simulator: this.simulator, mails: this.mails } = parts);
  }

  /** Logs the member in, to a background session only. */
  async login(email: string) {
    const { clock, simulator } = this;
    const { aimHarder, logins } = this.deps;
    const fingerprint = generateBackgroundFingerprint(email, SALT);
    const answer = await clock.run(() =>
      aimHarder.login({ email, password: simulator.demo.password, fingerprint }, unhurried),
    );
    if (answer.kind !== 'logged-in') throw new Error('the simulator does not know the member');
    const { token, cookies } = answer.session;
    await clock.run(() => logins.storeSession({ email, fingerprint, token, cookies, boxes: answer.boxes }));
    return { email, boxes: answer.boxes };
  }

  routine(member: Parameters<typeof createRoutine>[1], spec: Parameters<typeof createRoutine>[2]) {
    return this.clock.run(() => createRoutine(this.deps, member, spec, unhurried));
  }

  pauses(email: string, pauses: Parameters<typeof setPauses>[2]) {
    return this.clock.run(() => setPauses(this.deps, email, pauses, unhurried));
  }

  /** Sets the member's notification settings. */
  tell(email: string, body: object) {
    const resolver = { resolve: async () => [], isPublic: () => true };
    return this.clock.run(() =>
      setNotifications({ ...this.deps, resolver, sendsMail: true }, email, NotificationsBody.parse(body), unhurried),
    );
  }

  /** Lets time pass for a member. */
  async until(email: string, end: Instant): Promise<void> {
    while (this.clock.now() < end) {
      await this.#lookAround();
      const next = Math.min(end, await this.#nextTime(email));
      await this.#wakeBefore(next);
      this.clock.jumpTo(next);
    }
  }

  async stop() {
    this.clock.stop();
    await this.simulator.stop();
    await this.#stopDynamo();
  }

  async #each(work: () => Promise<unknown>): Promise<void> {
    for (let time = 0; time < this.#times; time += 1) await this.clock.run(work);
  }

  async #tellAll(): Promise<void> {
    await this.#each(() => publishOutcomes(this.deps, unhurried));
    for (const event of this.#parts.events.splice(0))
      await this.#each(() => notify(this.deps, { event, acceptedAt: this.clock.now() }, unhurried));
  }

  /** Runs the functions of every minute that may find work. */
  async #lookAround(): Promise<void> {
    const begun = this.clock.now();
    const minute = Math.floor(begun / MINUTE);
    const { armed, partitions } = this.#parts;
    const isIn = (ahead: number) => [...armed.values()].some(({ opensAt }) => opensAt - ahead === minute * MINUTE);
    if (begun % EVERY < MINUTE) {
      await partitions.find();
      await this.#each(() => refreshDueSessions(this.deps, minute, never, unhurried));
    }
    await this.#each(() => planRoutines(this.deps, never, unhurried));
    if (begun % SWEPT_EVERY < MINUTE) await this.#each(() => sweep(this.deps, unhurried));
    if (REMINDED_AHEAD.some(isIn))
      await this.#each(() =>
        followAndRemind({ ...this.deps, follow: createClassFollower(this.deps, unhurried) }, minute),
      );
    await this.#tellAll();
  }

  /** Computes when a function may find work next. */
  async #nextTime(email: string): Promise<Instant> {
    const { planAt } = await this.clock.run(() => this.deps.plans.find(email));
    const openings = [...this.#parts.armed.values()];
    const reminders = openings.flatMap(({ opensAt }) => REMINDED_AHEAD.map((ahead) => opensAt - ahead));
    const times = [...reminders, planAt ?? never, Math.floor(this.clock.now() / EVERY) * EVERY + EVERY];
    return Math.min(...times.filter((time) => time > this.clock.now()));
  }

  /** Fires every pre-booking whose wake-up is due before an instant, in order. */
  async #wakeBefore(end: Instant): Promise<void> {
    const { armed } = this.#parts;
    for (;;) {
      const [next] = [...armed.values()].toSorted((one, other) => one.wakesAt - other.wakesAt);
      if (!next || next.wakesAt + WAKING_TAKES >= end) return;
      armed.delete(next.id);
      this.clock.jumpTo(next.wakesAt + WAKING_TAKES);
      const fire = () => firePrebooking(this.deps, { ...next, order: next.generation }, unhurried);
      await this.clock.run(() => Promise.all(Array.from({ length: this.#times }, fire)));
      await this.#tellAll();
    }
  }
}

/**
 * Creates a refresh index that sends no request for an empty partition. The 128 partitions would otherwise take three quarters
 * of all requests of a simulated month.
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
