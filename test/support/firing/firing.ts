import { type GymOptions, startGym } from '../../../infra/simulator/simulator.ts';
import type { AddClass } from '../../../infra/simulator/timetable.ts';
import { AimHarder } from '../../../lib/aimharder/client.ts';
import { openConnection } from '../../../lib/aimharder/connection.ts';
import { sharedCalibrations } from '../../../lib/aimharder/shared-calibrations.ts';
import { BoxStore } from '../../../lib/boxes/box-store.ts';
import type { AimSetting } from '../../../lib/firing/aim.ts';
import { firePrebooking } from '../../../lib/firing/fire-prebooking.ts';
import type { FireDeps } from '../../../lib/firing/take-shot.ts';
import { type Clock, type Instant, SECOND } from '../../../lib/platform/clock.ts';
import { systemClock } from '../../../lib/platform/system-clock.ts';
import { ClaimWrites } from '../../../lib/prebookings/claim-writes.ts';
import { PendingQuota } from '../../../lib/prebookings/pending-quota.ts';
import { computeWakeUp, type Pending, prebookingId } from '../../../lib/prebookings/prebooking.ts';
import { PrebookingStore } from '../../../lib/prebookings/prebooking-store.ts';
import type { RefreshOutcome } from '../../../lib/refresh/refresh-session.ts';
import { generateBackgroundFingerprint } from '../../../lib/sessions/fingerprint.ts';
import { startDynamo } from '../platform/dynamo.ts';
import { memberUpstream, SALT, sessionStores } from '../sessions/session-world.ts';

const unhurried = new AbortController().signal;

/** The machine's clocks, set so that the wall clock shows `instant` now; a test may set it again. */
function settableClock(instant: Instant): Clock & { step(millis: number): void } {
  const origin = instant - systemClock.monotonic();
  let stepped = 0;
  const monotonic = () => systemClock.monotonic() + origin;
  return {
    now: () => monotonic() + stepped,
    monotonic,
    until: (tick, signal) => systemClock.until(tick - origin, signal),
    step(millis) {
      stepped += millis;
    },
  };
}

/** The next full minute, when boxes open, is ten seconds later. */
const START = Date.UTC(2026, 2, 20, 18, 29, 50);

export const NEXT_MINUTE = new Date(START + 10 * SECOND);

export type FiringOptions = {
  readonly aimSetting?: AimSetting;
  readonly wanted?: AddClass;
  readonly ordered?: Partial<Pending>;
  /** An attempt before this one died after so many shots. */
  readonly shotsBefore?: number;
};

/** One member's pre-booking, fired in this process against a gym and a real database engine. */
export async function startFiring(options: GymOptions = {}) {
  const { documents, stop } = await startDynamo();
  const clock = settableClock(START);
  const gym = await startGym({ clock, ...options });
  const aimHarder = new AimHarder({ origins: gym.origins, clock });
  const { sessions, tokens, state, logins } = sessionStores(documents, clock);
  const prebookings = new PrebookingStore({ documents, table: 'prebookings', clock });
  const quota = new PendingQuota({ documents, table: 'prebookings', prebookings });
  const claims = new ClaimWrites({ documents, table: 'prebookings', quota });
  const boxes = new BoxStore({ documents, table: 'boxes' });
  const email = 'ada@example.com';
  const fingerprint = generateBackgroundFingerprint(email, SALT);
  const login = await aimHarder.login({ email, password: gym.demo.password, fingerprint }, unhurried);
  if (login.kind !== 'logged-in') throw new Error('the gym does not know the member');
  const { token, cookies } = login.session;
  await logins.storeSession({ email, fingerprint, token, cookies, boxes: login.boxes });

  /** Deps of a firing in this process; what it logs and measures is left out. */
  const depsOf = (aimSetting: AimSetting): FireDeps => ({
    ...memberUpstream({ aimHarder, sessions, tokens, state, clock }),
    ...{ prebookings, claims, boxes, aimSetting },
    boxSettings: { timezones: new Map() },
    connect: (label: string) => openConnection({ origins: gym.origins, box: label, clock }),
    clockOf: sharedCalibrations(clock),
  });

  /**
   * Orders a class and fires it to its end.
   *
   * @param opens in milliseconds from now, or at an instant of the gym's clock.
   * @param ordered what is otherwise about the order than about the class.
   */
  async function fire(opens: number | Date, options: FiringOptions = {}) {
    const { end, ...rest } = await fireOnce(opens, options);
    if (typeof end === 'string') throw new Error(`nothing to do: ${end}`);
    return { ...end, ...rest };
  }

  async function dieAfter(pending: Pending, shots: number): Promise<void> {
    const dead = { id: 'dead', expiresAt: clock.now() - SECOND };
    await claims.claim(pending, dead, clock.now());
    await claims.commit(pending, dead);
    await claims.recordShots(pending, dead, shots);
  }

  async function fireOnce(
    opens: number | Date,
    { aimSetting = 'default', wanted = {}, ordered = {}, shotsBefore = 0 }: FiringOptions = {},
  ) {
    const opening = typeof opens === 'number' ? { opensInMs: opens } : { opensAt: opens.toISOString() };
    const { classId, box, boxId, day, name, time, ...added } = gym.addClass({ ...opening, ...wanted });
    const opensAt = Date.parse(added.opensAt);
    const order = {
      ...{ box, boxId, day, classId, familyId: null, whenFull: null, routineId: null },
      ...{ className: name, classTime: time },
    };
    const pending: Pending = {
      ...order,
      email,
      id: prebookingId(email, order),
      generation: 1,
      classStartsAt: opensAt + 24 * 3_600 * SECOND,
      opensAt,
      wakesAt: computeWakeUp(opensAt),
      createdAt: opensAt - 3_600 * SECOND,
      status: 'pending',
      armed: true,
      lease: null,
      ...ordered,
    };
    await prebookings.put(pending, undefined);
    if (shotsBefore > 0) await dieAfter(pending, shotsBefore);
    const end = await firePrebooking(depsOf(aimSetting), { ...pending, order: pending.generation }, unhurried);
    return {
      end,
      prebooking: await prebookings.find(pending),
      arrivals: gym.record.bookings.filter((shot) => shot.classId === classId).map(({ lateness }) => lateness),
      places: gym.reservations(classId).length,
    };
  }

  /** Another caller refreshes the session that the pre-booking is fired on; begun once AimHarder has been asked. */
  async function beginRefresh(): Promise<{ readonly refreshed: Promise<RefreshOutcome> }> {
    const session = await sessions.getBackgroundSession(email);
    if (!session) throw new Error('there is no session');
    const refreshed = depsOf('default').refresher.refresh(session, unhurried);
    while (!gym.record.requests['/api/tokenUpdate']) await systemClock.until(systemClock.monotonic() + 5, unhurried);
    return { refreshed };
  }

  return {
    documents,
    clock,
    gym,
    boxes,
    beginRefresh,
    fire,
    fireOnce,
    async stop() {
      await gym.stop();
      await stop();
    },
  };
}
