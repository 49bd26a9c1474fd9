import { calibrate, LONGEST_IDLE, type SharedCalibration } from '../aimharder/calibration.ts';
import { type AimHarderSession, UpstreamFailure } from '../aimharder/client.ts';
import type { Connection } from '../aimharder/connection.ts';
import type { Cookie } from '../aimharder/cookies.ts';
import { type Calibration, isPlausible } from '../aimharder/estimate.ts';
import { type Clock, type Instant, SECOND } from '../platform/clock.ts';
import { isTimeout } from '../platform/errors.ts';
import { repeatUntilDone } from '../platform/retry.ts';
import type { Unfinished } from '../prebookings/prebooking.ts';
import type { BackgroundSession } from '../sessions/session.ts';
import { type PrepareSessionDeps, prepareSession, type Steps } from './prepare-session.ts';
import { type Decided, decide, resolveListed } from './timetable-check.ts';

/** The result of the preparation. If a step fails, its part stays unknown, and the shot is still sent. */
export type Prepared = {
  /** The background session; undefined if there is none, or the database has not answered. */
  readonly session: BackgroundSession | undefined;
  /** The session's credentials at AimHarder. */
  readonly credentials: AimHarderSession | undefined;
  /** Undefined if AimHarder's clock is unknown, or if the calibrated clock cannot open bookings (`isPlausible`). */
  readonly calibration: Calibration | undefined;
  /** The route for which the calibration holds (`Connection.routeId`). */
  readonly routeId: string;
  /** The cookies of the prepared session; none if the member has to log in. */
  readonly cookies: readonly Cookie[];
  /** The class's slot id in the current timetable; null if the timetable does not show the class yet. */
  readonly classId: string | null;
};

/**
 * The steps of the preparation, and how long before the opening each must begin, in milliseconds. A late wake-up leaves
 * out the least important steps first. AimHarder answers in 0.4 to 1.7 s.
 */
const NEEDS = { refresh: 9 * SECOND, proof: 7 * SECOND, listing: 5 * SECOND, calibration: 4 * SECOND } as const;

/**
 * How long before the opening the last repetition of a failed step may begin, in milliseconds: time for one more step and the
 * calibration with all its probes.
 */
const REPEATING_ENDS = 24 * SECOND;

/** The most that one step may take, in milliseconds. */
const STEP_TIMEOUT = 8 * SECOND;

/** How long the commit and the last reading of the session take at most, in milliseconds. The calibration ends before them. */
const COMMIT_TAKES = 2.5 * SECOND;

export type PrepareDeps = PrepareSessionDeps & {
  /** Finds the calibration of a box's clock that the connections of this process share. */
  readonly clockOf: (box: string) => SharedCalibration;
};

/** Runs one step if there is time for it. @returns undefined if the step was left out or has failed. */
type RunStep = <T>(step: keyof typeof NEEDS, work: (signal: AbortSignal) => Promise<T>) => Promise<T | undefined>;

type PrepareOptions = { readonly connection: Connection; readonly signal: AbortSignal };

/**
 * Makes the session usable, finds the class, and calibrates AimHarder's clock over the connection that will carry the shot.
 * Stops as soon as the timetable shows that no shot may leave for this opening.
 */
export async function prepare(
  deps: PrepareDeps,
  prebooking: Unfinished,
  { connection, signal }: PrepareOptions,
): Promise<Prepared | Decided> {
  const runStep = createStepRunner(deps, prebooking, signal);
  const steps: Steps = { run: runStep, ask: createAsk(deps, prebooking, signal) };
  const session = await prepareSession(deps, prebooking, steps);
  const credentials = session && (await steps.ask(() => deps.tokens.decrypt(session)));
  const resolved = await runStep('listing', (inTime) => resolveListed(deps, prebooking, credentials, inTime));
  const decided = resolved && decide(prebooking, resolved);
  if (decided) return decided;
  const listed = resolved && 'listed' in resolved ? resolved.listed : undefined;
  const cookies = credentials?.cookies ?? [];
  const found = await runStep('calibration', () =>
    calibrate({
      clock: deps.clock,
      probe: (inTime) => connection.probe(cookies, inTime),
      until: calibrationEnds(prebooking.opensAt, deps.clock),
      shared: deps.clockOf(prebooking.box),
      signal,
    }),
  );
  const wallMinusMonotonic = deps.clock.now() - deps.clock.monotonic();
  const calibration = found && isPlausible(found, wallMinusMonotonic) ? found : undefined;
  deps.logger.info('prebooking-prepared', {
    prebooking: prebooking.id,
    session: credentials !== undefined,
    listed: listed !== undefined,
    probes: found?.probes ?? 0,
    answers: found?.answers ?? 0,
    disagreement: found?.disagreement ?? null,
    plausible: found ? calibration !== undefined : null,
  });
  return {
    ...{ session, credentials, calibration, cookies },
    routeId: connection.routeId(),
    classId: listed?.classId ?? prebooking.classId,
  };
}

/**
 * Creates a function that runs steps. A step that fails is repeated while there is time, and its failure is logged. The function
 * throws only the signal's reason.
 */
function createStepRunner(deps: PrepareDeps, { id, opensAt }: Unfinished, signal: AbortSignal): RunStep {
  const { clock, logger } = deps;
  return async (step, work) => {
    if (opensAt - clock.now() < NEEDS[step]) return undefined;
    const attempt = async () => {
      const inTime = clock.timeout(Math.min(STEP_TIMEOUT, opensAt - clock.now() - COMMIT_TAKES));
      try {
        return await work(AbortSignal.any([signal, inTime]));
      } catch (error) {
        signal.throwIfAborted();
        const fields = { prebooking: id, step };
        if (error instanceof UpstreamFailure) logger.warn('preparation-step-failed', { ...fields, code: error.code });
        else if (isTimeout(error)) logger.warn('preparation-step-failed', { ...fields, code: 'upstream-timeout' });
        else logger.error('unexpected-error', error, fields);
        throw error;
      }
    };
    return repeatUntilDone({ clock, until: repeatingEnds(deps, opensAt), signal }, attempt).catch(
      undefinedUnless(signal),
    );
  };
}

/** Creates a function that asks our own services, the database and the secrets, until they answer or no time is left. */
function createAsk(deps: PrepareDeps, { id, opensAt }: Unfinished, signal: AbortSignal): Steps['ask'] {
  const { clock, logger } = deps;
  return (work) =>
    repeatUntilDone({ clock, until: repeatingEnds(deps, opensAt), signal }, () =>
      work().catch((error: unknown) => {
        logger.error('unexpected-error', error, { during: 'prepare', prebooking: id });
        throw error;
      }),
    ).catch(undefinedUnless(signal));
}

/** Returns when the last repetition may begin, on our monotonic clock. */
const repeatingEnds = ({ clock }: PrepareDeps, opensAt: Instant): Instant =>
  clock.monotonic() + opensAt - clock.now() - REPEATING_ENDS;

const undefinedUnless = (signal: AbortSignal) => (): undefined => {
  signal.throwIfAborted();
};

/**
 * Creates a function that returns when the calibration has to end. Once AimHarder's clock is known, that is just in time for
 * the commit, so that little time passes between the last probe and the shot. While the clock is unknown, it is earlier if the
 * opening is far ahead, because AimHarder's clock may be seconds ahead of ours.
 */
function calibrationEnds(opensAt: Instant, clock: Clock): (known: Calibration | undefined) => Instant {
  const now = clock.monotonic();
  const wallMinusMonotonic = clock.now() - now;
  const left = opensAt - clock.now();
  const byOurs = now + left - Math.max(COMMIT_TAKES, Math.min(left / 2, 2 * COMMIT_TAKES));
  return (known) =>
    known && isPlausible(known, wallMinusMonotonic) ? opensAt - known.bounds.upper - COMMIT_TAKES : byOurs;
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
    const inTime = AbortSignal.any([signal, clock.timeout(LONGEST_IDLE)]);
    // The answer is not awaited, because it may be slow.
    connection.probe(cookies, inTime).catch(() => undefined);
  }
  await clock.until(until, signal);
}
