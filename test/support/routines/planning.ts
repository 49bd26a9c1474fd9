import { type SimulatorOptions, startSimulator } from '../../../infra/simulator/simulator.ts';
import { AimHarder } from '../../../lib/aimharder/client.ts';
import { BookingStore } from '../../../lib/bookings/booking-store.ts';
import { BoxStore } from '../../../lib/boxes/box-store.ts';
import type { OpeningRule } from '../../../lib/boxes/opening-rule.ts';
import type { Documents } from '../../../lib/platform/dynamodb.ts';
import type { Measured } from '../../../lib/platform/metrics.ts';
import { PendingQuota } from '../../../lib/prebookings/pending-quota.ts';
import type { Prebooking } from '../../../lib/prebookings/prebooking.ts';
import { PrebookingQueries } from '../../../lib/prebookings/prebooking-queries.ts';
import { PrebookingStore } from '../../../lib/prebookings/prebooking-store.ts';
import type { WakeUps } from '../../../lib/prebookings/wake-ups.ts';
import { createRoutine } from '../../../lib/routines/change-routines.ts';
import { planRoutines } from '../../../lib/routines/plan-routines.ts';
import { PlanStore } from '../../../lib/routines/plan-store.ts';
import type { Routine } from '../../../lib/routines/routine.ts';
import { generateBackgroundFingerprint } from '../../../lib/sessions/fingerprint.ts';
import { startDynamo } from '../platform/dynamo.ts';
import { memberUpstream, SALT, sessionStores, steppedClock } from '../sessions/session-world.ts';

export type Planning = Awaited<ReturnType<typeof startPlanning>>;

const unhurried = new AbortController().signal;

/** Wednesday, 13:00 in Madrid, ten days before the clocks go forward. */
export const WEDNESDAY = Date.UTC(2026, 2, 18, 12);
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Bookings at the demo box open four days before the class. */
export const FOUR_DAYS = { 'crossfit-demo': { daysBefore: 4 } };

/** What tests of planning look at. */
export const shown = ({ day, status, classId, opensAt }: Prebooking) => ({
  day,
  status,
  listed: classId !== null,
  opensAt: new Date(opensAt).toISOString().slice(0, 16),
});

/** Remembers which wake-ups are set, by the pre-booking's id and order. */
function recordedWakeUps() {
  const armed: string[] = [];
  const name = ({ id, generation }: Pick<Prebooking, 'id' | 'generation'>) => `${id}-${generation}`;
  const wakeUps: WakeUps = {
    async arm(prebooking) {
      armed.push(name(prebooking));
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

/** What was asked of the database, by command. */
function recordCommands(documents: Documents) {
  const commands: string[] = [];
  documents.middlewareStack.add(
    (next, { commandName = '' }) =>
      (args) => {
        commands.push(commandName);
        return next(args);
      },
    { step: 'initialize' },
  );
  return commands;
}

/** The planner in this process, with a simulator, a real database engine, and a clock that stands still until it is told. */
export async function startPlanning({
  openings = {},
  maxPending = 15,
  ...options
}: SimulatorOptions & {
  readonly openings?: Readonly<Record<string, OpeningRule>>;
  readonly maxPending?: number;
} = {}) {
  const { documents, stop } = await startDynamo();
  const commands = recordCommands(documents);
  const clock = steppedClock(WEDNESDAY);
  const simulator = await startSimulator({
    clock,
    sessionIdleMs: 365 * DAY,
    competitors: { count: 0, fillMs: 1 },
    ...options,
  });
  const aimHarder = new AimHarder({ origins: simulator.origins, clock });
  const { sessions, tokens, state, logins } = sessionStores(documents, clock);
  const prebookings = new PrebookingStore({ documents, table: 'prebookings', clock });
  const quota = new PendingQuota({ documents, table: 'prebookings', prebookings });
  const errors: unknown[] = [];
  const measured: Measured[] = [];
  const { armed, wakeUps } = recordedWakeUps();
  const measure = (values: Measured) => void measured.push(values);
  const error = (_: string, cause: unknown) => void errors.push(cause);
  const logger = { info: () => undefined, warn: () => undefined, error };
  const deps = {
    ...memberUpstream({ aimHarder, sessions, tokens, state, clock, logger, measure }),
    ...{ prebookings, quota, wakeUps, maxPending },
    boxes: new BoxStore({ documents, table: 'boxes' }),
    boxSettings: {
      timezones: new Map([['box-tenerife', 'Atlantic/Canary']]),
      openings: new Map(Object.entries(openings)),
    },
    prebookingQueries: new PrebookingQueries({ documents, table: 'prebookings', clock, quota }),
    bookings: new BookingStore({ documents, table: 'bookings' }),
    plans: new PlanStore({ documents, table: 'routines' }),
    concurrency: 4,
  };
  let members = 0;

  async function login(email: string) {
    const fingerprint = generateBackgroundFingerprint(email, SALT);
    const answer = await aimHarder.login({ email, password: simulator.demo.password, fingerprint }, unhurried);
    if (answer.kind !== 'logged-in') throw new Error('the simulator does not know the member');
    const { token, cookies } = answer.session;
    await logins.storeSession({ email, fingerprint, token, cookies, boxes: answer.boxes });
    return { email, boxes: answer.boxes };
  }

  return {
    ...{ simulator, clock, deps, armed, errors, measured, commands, login },
    /** Another member, who has logged in. */
    member() {
      members += 1;
      return login(`member-${members}@example.com`);
    },
    /** Wednesdays at 18:00, unless it says otherwise. */
    async routine(
      member: Parameters<typeof createRoutine>[1],
      terms: Partial<Parameters<typeof createRoutine>[2]> = {},
    ): Promise<Routine> {
      const wanted = { box: 'crossfit-demo', weekday: 3, startsAt: '18:00', className: 'WOD', ...terms };
      return (await createRoutine(deps, member, wanted, unhurried)).routine;
    },
    plan: (changes: Partial<typeof deps> = {}) =>
      planRoutines({ ...deps, ...changes }, Number.POSITIVE_INFINITY, unhurried),
    /** A member's pre-bookings, those whose class starts first in front. */
    async ordersOf(email: string) {
      const all = await prebookings.list(email);
      return all.toSorted((one, other) => one.classStartsAt - other.classStartsAt);
    },
    async problemOf(email: string) {
      return (await deps.plans.find(email)).routines[0]?.problem ?? null;
    },
    async planAtOf(email: string) {
      const { planAt } = await deps.plans.find(email);
      return planAt === null ? null : planAt - clock.now();
    },
    async stop() {
      await simulator.stop();
      await stop();
    },
  };
}
