import { calibrate, type SharedCalibration } from '../aimharder/calibration.ts';
import type { Connection } from '../aimharder/connection.ts';
import type { Cookie } from '../aimharder/cookies.ts';
import { type Calibration, isPlausible } from '../aimharder/estimate.ts';
import { LONGEST_IDLE } from '../aimharder/probe-plan.ts';
import { type Clock, type Instant, SECOND } from '../platform/clock.ts';
import type { Unfinished } from '../prebookings/prebooking.ts';
import type { PrepareSessionDeps } from './prepare-session.ts';
import { type PreparedSessionAndClass, prepareSessionAndClass } from './prepare-session-and-class.ts';
import { createSteps, type StepTimes } from './steps.ts';
import type { TimetableDecision } from './timetable-check.ts';

/** What the preparation has found for the shot. If a step fails, its part is unknown, and the shot is sent anyway. */
export type PreparedShot = PreparedSessionAndClass & {
  /** Undefined if AimHarder's clock is unknown, or if it cannot be the clock that opens bookings (`isPlausible`). */
  readonly calibration: Calibration | undefined;
  /** The route for which the calibration holds (`Connection.routeId`). */
  readonly routeId: string;
  /** The cookies of the prepared session; none if the member has to log in. */
  readonly cookies: readonly Cookie[];
};

/** How long the commit and the last reading of the session take at most, in milliseconds. The calibration ends before them. */
const COMMIT_TAKES = 2.5 * SECOND;

/** No failed step is repeated in the last 24 s before the opening, which one more step and all probes of the calibration need. */
const STEP_TIMES: StepTimes = {
  beginsBefore: { refresh: 9 * SECOND, proof: 7 * SECOND, listing: 5 * SECOND, calibration: 4 * SECOND },
  repeatingEnds: 24 * SECOND,
  ends: COMMIT_TAKES,
};

export type PrepareDeps = PrepareSessionDeps & {
  /** Finds the calibration of a box's clock that the connections of this process share. */
  readonly clockOf: (box: string) => SharedCalibration;
};

type PrepareOptions = { readonly connection: Connection; readonly signal: AbortSignal };

/**
 * Prepares the shot: does the steps that `preparePrebooking` has left, and calibrates AimHarder's clock over the connection that
 * will carry the shot. Stops as soon as the timetable has decided that no shot may leave for this opening.
 */
export async function prepare(
  deps: PrepareDeps,
  prebooking: Unfinished,
  { connection, signal }: PrepareOptions,
): Promise<PreparedShot | TimetableDecision> {
  const steps = createSteps(deps, prebooking, STEP_TIMES, signal);
  const ready = await prepareSessionAndClass(deps, prebooking, steps, signal);
  if (!('session' in ready)) return ready;
  const cookies = ready.credentials?.cookies ?? [];
  const found = await steps.ask('calibration', () =>
    calibrate({
      clock: deps.clock,
      probe: (probeSignal) => connection.probe(cookies, probeSignal),
      until: calibrationEnds(prebooking.opensAt, deps.clock),
      shared: deps.clockOf(prebooking.box),
      signal,
    }),
  );
  const wallMinusMonotonic = deps.clock.now() - deps.clock.monotonic();
  const calibration = found && isPlausible(found, wallMinusMonotonic) ? found : undefined;
  deps.logger.info('shot-prepared', {
    prebooking: prebooking.id,
    session: ready.credentials !== undefined,
    listed: ready.isClassListed,
    probes: found?.probes ?? 0,
    answers: found?.answers ?? 0,
    disagreement: found?.disagreement ?? null,
    plausible: found ? calibration !== undefined : null,
  });
  return { ...ready, calibration, cookies, routeId: connection.routeId() };
}

/**
 * Returns a function that computes when the calibration has to end, on our monotonic clock. While AimHarder's clock is unknown
 * and there is time, the calibration ends earlier than the commit requires, because that clock may be seconds ahead of ours. Once
 * AimHarder's clock is known, the calibration ends just in time for the commit, so that little time passes between the last probe
 * and the shot.
 */
export function calibrationEnds(opensAt: Instant, clock: Clock): (known: Calibration | undefined) => Instant {
  const now = clock.monotonic();
  const wallMinusMonotonic = clock.now() - now;
  const left = opensAt - clock.now();
  const byOurClock = now + left - Math.max(COMMIT_TAKES, Math.min(left / 2, 2 * COMMIT_TAKES));
  return (known) =>
    known && isPlausible(known, wallMinusMonotonic) ? opensAt - known.bounds.upper - COMMIT_TAKES : byOurClock;
}

/**
 * Keeps the shot's connection open with cheap requests until an instant on our monotonic clock. If the server closed the idle
 * connection, the shot would need another round trip, over a path that was not measured.
 */
export async function keepOpen(
  clock: Clock,
  connection: Connection,
  {
    cookies,
    until,
    signal,
  }: { readonly cookies: readonly Cookie[]; readonly until: Instant; readonly signal: AbortSignal },
): Promise<void> {
  const from = clock.monotonic();
  const gaps = Math.max(1, Math.ceil((until - from) / LONGEST_IDLE));
  for (let gap = 1; gap < gaps; gap += 1) {
    await clock.until(from + (gap * (until - from)) / gaps, signal);
    const probeSignal = AbortSignal.any([signal, clock.timeout(LONGEST_IDLE)]);
    // The answer is not awaited, because it may be slow.
    connection.probe(cookies, probeSignal).catch(() => undefined);
  }
  await clock.until(until, signal);
}
