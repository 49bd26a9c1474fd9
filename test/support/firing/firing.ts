import type { Simulator } from '../../../infra/simulator/control.ts';
import { type SimulatorOptions, startSimulator } from '../../../infra/simulator/simulator.ts';
import type { AddClass, ChangeClass } from '../../../infra/simulator/timetable.ts';
import { AimHarder } from '../../../lib/aimharder/client.ts';
import { openConnection } from '../../../lib/aimharder/connection.ts';
import { sharedCalibrations } from '../../../lib/aimharder/shared-calibrations.ts';
import { BoxStore } from '../../../lib/boxes/box-store.ts';
import { LearnedRules } from '../../../lib/boxes/learned-rules.ts';
import type { AimSetting } from '../../../lib/firing/aim.ts';
import { firePrebooking } from '../../../lib/firing/fire-prebooking.ts';
import { createShotSpacer } from '../../../lib/firing/next-shot.ts';
import type { FireDeps } from '../../../lib/firing/take-shot.ts';
import { SECOND } from '../../../lib/platform/clock.ts';
import { ClaimWrites } from '../../../lib/prebookings/claim-writes.ts';
import { PendingQuota } from '../../../lib/prebookings/pending-quota.ts';
import { computeWakeUp, type Pending, prebookingId } from '../../../lib/prebookings/prebooking.ts';
import { PrebookingStore } from '../../../lib/prebookings/prebooking-store.ts';
import { encryptMember } from '../../../lib/prebookings/wake-up.ts';
import type { RefreshOutcome } from '../../../lib/refresh/refresh-session.ts';
import { generateBackgroundFingerprint } from '../../../lib/sessions/fingerprint.ts';
import { startDynamo } from '../platform/dynamo.ts';
import { virtualClock } from '../platform/virtual-clock.ts';
import { interceptedBy } from '../sessions/intercepted.ts';
import { memberUpstream, SALT, sessionStores, storeKeys } from '../sessions/session-world.ts';
import { type AroundSteps, surrounded, surroundedConnection } from './around-steps.ts';
import { failingDatabase } from './failing-database.ts';

const unhurried = new AbortController().signal;

/** The start of each test: ten seconds before the next full minute, when boxes open. */
const START = Date.UTC(2026, 2, 20, 18, 29, 50);

export const NEXT_MINUTE = new Date(START + 10 * SECOND);

export type FiringOptions = {
  readonly aimSetting?: AimSetting;
  /** The class in the simulator. */
  readonly wanted?: AddClass;
  /** Fields of the pre-booking that differ from those of the class. */
  readonly ordered?: Partial<Pending>;
  /** The change of the class by its box after the order. `double` adds a copy of the class. */
  readonly changed?: ChangeClass & { readonly double?: boolean };
  /** How many shots an earlier firing sent before it died. */
  readonly shotsBefore?: number;
  /** What happens to the class before the firing. */
  readonly beforehand?: ((added: ReturnType<Simulator['addClass']>) => Promise<void>) | undefined;
  /** What happens to the pre-booking beside its firing. */
  readonly meanwhile?: (pending: Pending) => Promise<void>;
};

const EMAIL = 'ada@example.com';

type World = Awaited<ReturnType<typeof startWorld>>;

/** Starts the simulator and a real database engine, and logs the member in. */
async function startWorld(options: SimulatorOptions, aroundSteps: AroundSteps) {
  const { documents: engine, stop } = await startDynamo();
  const clock = virtualClock(START);
  const database = failingDatabase(engine, clock);
  const documents = interceptedBy(database.documents, (_, pass) => aroundSteps(pass));
  const simulator = await startSimulator({ clock, ...options });
  const aimHarder = surrounded(new AimHarder({ origins: simulator.origins, clock }), aroundSteps);
  const { sessions, tokens, state, logins } = sessionStores(documents, clock);
  const prebookings = new PrebookingStore({ documents, table: 'prebookings', clock });
  const quota = new PendingQuota({ documents, table: 'prebookings', prebookings });
  const claims = new ClaimWrites({ documents, table: 'prebookings', quota });
  const boxes = new BoxStore({ documents, table: 'boxes' });
  const learnedRules = new LearnedRules({ documents, table: 'prebookings', boxes });
  const fingerprint = generateBackgroundFingerprint(EMAIL, SALT);
  const { password } = simulator.demo;
  /** Logs the member in: a new background session takes the place of the earlier one. */
  async function logIn(): Promise<void> {
    const login = await aimHarder.login({ email: EMAIL, password, fingerprint }, unhurried);
    if (login.kind !== 'logged-in') throw new Error('The simulator does not know the member.');
    await logins.storeSession({ email: EMAIL, ...login.session, boxes: login.boxes });
  }
  await clock.run(logIn);
  const upstream = memberUpstream({ aimHarder, sessions, tokens, state, clock });
  const deps: Omit<FireDeps, 'aimSetting'> = {
    ...upstream,
    ...{ prebookings, claims, boxes, learnedRules },
    boxSettings: { timezones: new Map() },
    connect: (box: string) =>
      surroundedConnection(openConnection({ origins: simulator.origins, box, clock }), aroundSteps),
    clockOf: sharedCalibrations(clock),
    spaceShot: createShotSpacer(clock),
    random: () => 0.5,
  };
  return { documents, engine, database, clock, simulator, prebookings, boxes, learnedRules, deps, logIn, stop };
}

/**
 * Starts a world in this process, in which a member orders and fires pre-bookings.
 *
 * @param aroundSteps takes each step, so that a test can act before and after it.
 */
export async function startFiring(options: SimulatorOptions = {}, aroundSteps: AroundSteps = (step) => step()) {
  const world = await startWorld(options, aroundSteps);
  return {
    ...world,
    fire: (opens: number | Date, options?: FiringOptions) => fire(world, opens, options),
    fireOnce: (opens: number | Date, options?: FiringOptions) => fireOnce(world, opens, options),
    order: (opens: number | Date, wanted?: AddClass, ordered?: Partial<Pending>) =>
      order(world, opens, wanted, ordered),
    /** Reads a pre-booking, whatever the database fails. */
    stored: (pending: Pending) =>
      new PrebookingStore({ documents: world.engine, table: 'prebookings', clock: world.clock }).find(pending),
    /** How late each shot of a pre-booking arrived, in milliseconds. */
    arrivals: ({ classId }: Pending) =>
      world.simulator.record.bookings.filter((one) => one.classId === classId).map(({ lateness }) => lateness),
    beginRefresh: () => beginRefresh(world),
    async stop() {
      world.clock.stop();
      await world.simulator.stop();
      await world.stop();
    },
  };
}

/**
 * Orders a class, as in good time.
 *
 * @param opens in milliseconds from now, or an instant of the simulator's clock.
 * @param ordered fields of the pre-booking that differ from those of the class.
 */
async function order(
  { simulator, prebookings }: World,
  opens: number | Date,
  wanted: AddClass = {},
  ordered: Partial<Pending> = {},
): Promise<Pending> {
  const opening = typeof opens === 'number' ? { opensInMs: opens } : { opensAt: opens.toISOString() };
  const made = pendingFor(simulator.addClass({ ...opening, ...wanted }));
  const member = await encryptMember(async () => ({ keys: storeKeys }), made);
  const pending = { ...made, member, ...ordered };
  await prebookings.put(pending, undefined);
  await prebookings.markArmed(pending);
  return pending;
}

/**
 * Orders a class and fires it. @throws Error if the wake-up is skipped.
 *
 * @param opens in milliseconds from now, or an instant of the simulator's clock.
 */
async function fire(world: World, opens: number | Date, options?: FiringOptions) {
  const { end, ...rest } = await fireOnce(world, opens, options);
  if (typeof end === 'string') throw new Error(`The wake-up was skipped: ${end}`);
  return { ...end, ...rest };
}

/** Orders a class and fires it. `end` is the finished pre-booking, or why the wake-up was skipped. */
async function fireOnce(
  world: World,
  opens: number | Date,
  {
    aimSetting = 'default',
    wanted = {},
    ordered = {},
    changed = {},
    shotsBefore = 0,
    beforehand,
    meanwhile,
  }: FiringOptions = {},
) {
  const { simulator, clock, prebookings, deps } = world;
  const opening = typeof opens === 'number' ? { opensInMs: opens } : { opensAt: opens.toISOString() };
  const added = simulator.addClass({ ...opening, ...wanted });
  const pending = { ...pendingFor(added), ...ordered };
  await prebookings.put(pending, undefined);
  simulator.changeClass(added.classId, changed);
  const doubled = changed.double ? simulator.doubleClass(added.classId).classId : null;
  if (shotsBefore > 0) await dieAfter(world, pending, shotsBefore);
  await beforehand?.(added);
  const wakeUp = { ...pending, order: pending.generation };
  const [end] = await clock.run(() =>
    Promise.all([firePrebooking({ ...deps, aimSetting }, wakeUp, unhurried), meanwhile?.(pending)]),
  );
  const shots = simulator.record.bookings.filter(({ classId }) => classId === added.classId);
  const bookedInDouble = doubled === null ? 0 : simulator.reservations(doubled).length;
  return {
    end,
    prebooking: await new PrebookingStore({ documents: world.engine, table: 'prebookings', clock }).find(pending),
    /** How late each shot arrived, in milliseconds. */
    arrivals: shots.map(({ lateness }) => lateness),
    /** How many reservations the class has. */
    reservations: simulator.reservations(added.classId).length,
    bookedInDouble,
  };
}

/** Builds the pre-booking of an order that was placed long before the opening. */
function pendingFor({ classId, box, boxId, day, name, time, ...added }: ReturnType<Simulator['addClass']>): Pending {
  const opensAt = Date.parse(added.opensAt);
  const wanted = {
    ...{ box, boxId, day, classId, familyId: null, whenFull: null, routineId: null },
    ...{ className: name, classTime: time },
  };
  return {
    ...wanted,
    email: EMAIL,
    id: prebookingId(EMAIL, wanted),
    generation: 1,
    classStartsAt: opensAt + 24 * 3_600 * SECOND,
    opensAt,
    wakesAt: computeWakeUp(opensAt),
    createdAt: opensAt - 3_600 * SECOND,
    status: 'pending',
    armed: true,
    lease: null,
  };
}

/** Leaves the pre-booking in the state of a firing that died after so many shots. */
async function dieAfter({ clock, deps }: World, pending: Pending, shots: number): Promise<void> {
  const expired = { id: 'dead', expiresAt: clock.now() - SECOND };
  await deps.claims.claim(pending, expired, clock.now());
  await deps.claims.commit(pending, expired);
  await deps.claims.recordShots(pending, expired, shots);
}

/** Begins a refresh of the member's session by another caller. Returns once AimHarder has received the request. */
async function beginRefresh({
  simulator,
  clock,
  deps,
}: World): Promise<{ readonly refreshed: Promise<RefreshOutcome> }> {
  const session = await deps.sessions.getBackgroundSession(EMAIL);
  if (!session) throw new Error('There is no session.');
  const refreshed = deps.refresher.refresh(session, unhurried);
  await clock.run(async () => {
    while (!simulator.record.requests['/api/tokenUpdate']) await clock.until(clock.monotonic() + 5, unhurried);
  });
  return { refreshed };
}
