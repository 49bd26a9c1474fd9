import { type SimulatorOptions, startSimulator } from '../../../infra/simulator/simulator.ts';
import { AimHarder } from '../../../lib/aimharder/client.ts';
import { BookingStore } from '../../../lib/bookings/booking-store.ts';
import { BoxStore } from '../../../lib/boxes/box-store.ts';
import { LearnedRules } from '../../../lib/boxes/learned-rules.ts';
import type { OpeningRule } from '../../../lib/boxes/opening-rule.ts';
import type { ServiceEvent } from '../../../lib/events/event-schemas.ts';
import type { Clock } from '../../../lib/platform/clock.ts';
import type { Documents } from '../../../lib/platform/dynamodb.ts';
import type { MetricValues } from '../../../lib/platform/metrics.ts';
import { BookingWatches } from '../../../lib/prebookings/booking-watches.ts';
import { ClaimWrites } from '../../../lib/prebookings/claim-writes.ts';
import { applyOpeningRule } from '../../../lib/prebookings/find-opening.ts';
import { PendingQuota } from '../../../lib/prebookings/pending-quota.ts';
import type { Pending, Prebooking } from '../../../lib/prebookings/prebooking.ts';
import { PrebookingQueries } from '../../../lib/prebookings/prebooking-queries.ts';
import { PrebookingStore } from '../../../lib/prebookings/prebooking-store.ts';
import type { WakeUps } from '../../../lib/prebookings/wake-ups.ts';
import { createRoutine } from '../../../lib/routines/change-routines.ts';
import { planRoutines } from '../../../lib/routines/plan-routines.ts';
import { PlanStore } from '../../../lib/routines/plan-store.ts';
import type { Routine } from '../../../lib/routines/routine.ts';
import { generateBackgroundFingerprint } from '../../../lib/sessions/fingerprint.ts';
import type { LoginWrites } from '../../../lib/sessions/login-writes.ts';
import { quiet } from '../aimharder/upstream.ts';
import { startDynamo } from '../platform/dynamo.ts';
import { makeRecordUnreadable, makeUnreadable } from '../prebookings/unreadable.ts';
import { interceptedBy } from '../sessions/intercepted.ts';
import { memberUpstream, SALT, sessionStores, steppedClock } from '../sessions/session-world.ts';

type Database = Awaited<ReturnType<typeof startDynamo>>;
type Simulator = Awaited<ReturnType<typeof startSimulator>>;

const unhurried = new AbortController().signal;

/** Wednesday, 13:00 in Madrid, ten days before the clocks go forward. */
export const WEDNESDAY = Date.UTC(2026, 2, 18, 12);
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Bookings at the demo box open four days before the class. */
export const FOUR_DAYS = { 'crossfit-demo': { daysBefore: 4 } };

/** Picks the fields that tests of planning compare. */
export const shown = ({ day, status, classId, opensAt }: Prebooking) => ({
  day,
  status,
  listed: classId !== null,
  opensAt: new Date(opensAt).toISOString().slice(0, 16),
});

/** Remembers which wake-ups are set, by the pre-booking's id and generation. */
function recordedWakeUps() {
  const armed: string[] = [];
  const name = ({ id, generation }: Pick<Prebooking, 'id' | 'generation'>) => `${id}-${generation}`;
  const wakeUps: WakeUps = {
    async arm(prebooking) {
      armed.push(name(prebooking));
      return true;
    },
    async start() {
      throw new Error('nothing is to be started at once');
    },
    async disarm(prebooking) {
      armed.splice(armed.indexOf(name(prebooking)), 1);
    },
  };
  return { armed, wakeUps };
}

/** The planner's opening rules and the limit of pre-bookings, besides the options of the simulator. */
type Options = SimulatorOptions & {
  readonly openings?: Readonly<Record<string, OpeningRule>>;
  readonly maxPending?: number;
};

/** Starts a planner in this process, with a simulator and a real database engine. */
export async function startPlanning({ openings = {}, maxPending = 15, ...options }: Options = {}): Promise<Planning> {
  const database = await startDynamo();
  const clock = steppedClock(WEDNESDAY);
  const simulator = await startSimulator({
    clock,
    sessionIdleMs: 365 * DAY,
    competitors: { count: 0, fillMs: 1 },
    ...options,
  });
  return new Planning({ database, clock, simulator, openings, maxPending });
}

type Parts = Required<Pick<Options, 'openings' | 'maxPending'>> & {
  readonly database: Database;
  readonly clock: ReturnType<typeof steppedClock>;
  readonly simulator: Simulator;
};

/** A planner whose clock stands still until the test moves it. */
export class Planning {
  readonly simulator: Simulator;
  readonly clock: Parts['clock'];
  readonly deps;
  /** The wake-ups that are set. */
  readonly armed: readonly string[];
  /** The events that were published. */
  readonly events: ServiceEvent[] = [];
  /** The causes of the errors that were logged. */
  readonly errors: unknown[] = [];
  readonly measured: MetricValues[] = [];
  /** The names of the commands that the database has received. */
  readonly commands: string[] = [];
  readonly #database: Database;
  readonly #logins: LoginWrites;
  /** The ids of the pre-bookings that are spoilt. */
  readonly #spoilt: string[] = [];
  #members = 0;

  constructor({ database, clock, simulator, openings, maxPending }: Parts) {
    const documents = interceptedBy(database.documents, (command, pass) => {
      this.commands.push(Object(command).constructor.name);
      return pass();
    });
    this.#database = database;
    this.clock = clock;
    this.simulator = simulator;
    const { armed, wakeUps } = recordedWakeUps();
    this.armed = armed;
    const stores = sessionStores(documents, clock);
    this.#logins = stores.logins;
    const upstream = memberUpstream({
      ...stores,
      aimHarder: new AimHarder({ origins: simulator.origins, clock }),
      clock,
      logger: { info: () => undefined, warn: () => undefined, error: (_, cause) => void this.errors.push(cause) },
      measure: (values) => void this.measured.push(values),
    });
    this.deps = {
      ...{ ...upstream, ...routineStores(documents, clock), wakeUps, maxPending, isDeleted: async () => false },
      encryptMember: async () => 'k1.member',
      findProblem: async () => null,
      publish: async (event: ServiceEvent) => void this.events.push(event),
      boxSettings: {
        timezones: new Map([['box-tenerife', 'Atlantic/Canary']]),
        openings: new Map(Object.entries(openings)),
      },
      concurrency: 4,
    };
  }

  async login(email: string) {
    const fingerprint = generateBackgroundFingerprint(email, SALT);
    const { password } = this.simulator.demo;
    const answer = await this.deps.aimHarder.login({ email, password, fingerprint }, unhurried);
    if (answer.kind !== 'logged-in') throw new Error('the simulator does not know the member');
    const { token, cookies } = answer.session;
    await this.#logins.storeSession({ email, fingerprint, token, cookies, boxes: answer.boxes });
    return { email, boxes: answer.boxes };
  }

  /** Logs another member in. */
  member() {
    this.#members += 1;
    return this.login(`member-${this.#members}@example.com`);
  }

  /** Creates a routine: by default for Wednesdays at 18:00. */
  async routine(
    member: Parameters<typeof createRoutine>[1],
    terms: Partial<Parameters<typeof createRoutine>[2]> = {},
  ): Promise<Routine> {
    const wanted = { box: 'crossfit-demo', weekday: 3, startsAt: '18:00', className: 'WOD', ...terms };
    return (await createRoutine(this.deps, member, wanted, unhurried)).routine;
  }

  plan(changes: Partial<Parameters<typeof planRoutines>[0]> = {}) {
    return planRoutines({ ...this.deps, ...changes }, Number.POSITIVE_INFINITY, unhurried);
  }

  /** Lists a member's pre-bookings by the start of their classes, without those that are spoilt. */
  async ordersOf(email: string): Promise<readonly Prebooking[]> {
    const all = await this.deps.prebookings.list(email, (error, item) => {
      if (!this.#spoilt.some((id) => JSON.stringify(item).includes(id))) throw error;
    });
    return all.toSorted((one, other) => one.classStartsAt - other.classStartsAt);
  }

  /** Postpones a pre-booking as its firing does if AimHarder names a rule by which the class opens later. */
  async postpone(order: Pending, openingRule: OpeningRule): Promise<void> {
    const { quota, boxSettings } = this.deps;
    const claims = new ClaimWrites({ documents: this.#database.documents, table: 'prebookings', quota });
    const now = this.clock.now();
    const lease = { id: 'firing', expiresAt: now + MINUTE };
    await claims.claim(order, lease, now);
    const opensAt = applyOpeningRule({ boxSettings }, openingRule, order);
    if (!(await claims.postpone({ ...order, openingRule, lease }, lease.id, opensAt, now)))
      throw new Error('the pre-booking was not postponed');
  }

  /** Makes a stored pre-booking one that cannot be decoded. @param attribute the one that is spoilt. */
  async spoil(order: Prebooking, attribute?: string): Promise<void> {
    this.#spoilt.push(order.id);
    await makeUnreadable(this.#database.documents, order, true, attribute);
  }

  /** Makes a pre-booking whose name is spoilt readable again. */
  async repair(order: Prebooking): Promise<void> {
    await makeUnreadable(this.#database.documents, order, order.className);
  }

  /** Makes the stored record of a booking one that cannot be decoded. @param path the attribute that is spoilt. */
  async spoilRecord(email: string, key: string, path?: string): Promise<void> {
    await makeRecordUnreadable(this.#database.documents, email, key, path);
  }

  /** The problem of a member's first routine. */
  async problemOf(email: string) {
    return (await this.deps.plans.find(email)).routines[0]?.problem ?? null;
  }

  /** Returns in how many milliseconds a member's routines are planned next. */
  async planAtOf(email: string): Promise<number | null> {
    const { planAt } = await this.deps.plans.find(email);
    return planAt === null ? null : planAt - this.clock.now();
  }

  async stop(): Promise<void> {
    await this.simulator.stop();
    await this.#database.stop();
  }
}

/** Creates the stores of the planner, except those of sessions. */
function routineStores(documents: Documents, clock: Clock) {
  const prebookings = new PrebookingStore({ documents, table: 'prebookings', clock });
  const quota = new PendingQuota({ documents, table: 'prebookings', prebookings });
  return {
    ...{ prebookings, quota },
    learnedRules: new LearnedRules({
      documents,
      table: 'prebookings',
      boxes: new BoxStore({ documents, table: 'boxes' }),
    }),
    prebookingQueries: new PrebookingQueries({ documents, table: 'prebookings', clock, quota, logger: quiet }),
    bookings: new BookingStore({ documents, table: 'bookings' }),
    watches: new BookingWatches({ documents, table: 'prebookings' }),
    plans: new PlanStore({ documents, table: 'routines' }),
  };
}
