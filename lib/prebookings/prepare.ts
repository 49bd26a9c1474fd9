import { type AimHarderSession, findMine, type ListedClass, UpstreamFailure } from '../aimharder/client.ts';
import { type Calibration, calibrate, type SharedClock } from '../aimharder/clock.ts';
import type { Connection } from '../aimharder/connection.ts';
import { MINUTE, SECOND } from '../platform/clock.ts';
import { endAtLogout, type RefreshDeps, refreshSession } from '../sessions/refresh.ts';
import { type BackgroundSession, isStale } from '../sessions/session.ts';
import type { Unfinished } from './prebooking.ts';

/** What is known when the preparation ends. Whatever failed is simply not known: the shot is sent all the same. */
export type Prepared = {
  readonly calibration: Calibration | undefined;
  /** The way that the calibration holds for (`Connection.way`). */
  readonly way: string;
  /** The slot id as the timetable has it now. */
  readonly classId: string;
  /** The member has the place already, by whatever way. */
  readonly already: { readonly kind: 'booked' | 'waitlisted'; readonly bookingId: string | null } | null;
};

/**
 * The steps of the preparation and the time before the opening, in milliseconds, that each must still find: late
 * wake-ups leave out the least important first. AimHarder answers in 0.4 to 1.7 s.
 */
const NEEDS = { refresh: 9 * SECOND, proof: 7 * SECOND, listing: 5 * SECOND, calibration: 4 * SECOND } as const;

/** How long after the opening no refresh may rotate the token: the ladder, the reading back, and some more. */
const HOLD_AFTER = 3 * MINUTE;

/** One step may take this long, in milliseconds, or what is left. */
const STEP_PATIENCE = 8 * SECOND;

/** Left for the commit and the last look at the session, in milliseconds, when the calibration ends. */
const COMMIT_TAKES = 2.5 * SECOND;

export type PrepareDeps = RefreshDeps & {
  /** What the connections of this process tell each other of a box's clock. */
  readonly clockOf: (box: string) => SharedClock;
};

/** Makes the session live, finds the class, and learns AimHarder's clock over the connection that will carry the shot. */
export async function prepare(
  deps: PrepareDeps,
  prebooking: Unfinished,
  { connection, signal }: { readonly connection: Connection; readonly signal: AbortSignal },
): Promise<Prepared> {
  const left = () => prebooking.opensAt - deps.clock.now();
  const step = <T>(name: keyof typeof NEEDS, work: (signal: AbortSignal) => Promise<T>) =>
    left() < NEEDS[name] ? undefined : attemptStep(deps, name, work, signal);

  let session = await deps.sessions.getBackgroundSession(prebooking.email);
  if (session?.state === 'login-required') {
    const dead = session;
    await step('refresh', (patience) => heal(deps, dead, patience));
    session = await deps.sessions.getBackgroundSession(prebooking.email);
  }
  if (session?.state === 'active' && left() > 0) await deps.tokens.raiseHold(session, prebooking.opensAt + HOLD_AFTER);
  const stale = session?.state === 'active' && isStale(session, deps.clock.now());
  if (stale) {
    await step('refresh', (patience) => refresh(deps, session, patience));
    session = await deps.sessions.getBackgroundSession(prebooking.email);
  }
  const opened = session?.state === 'active' ? await deps.tokens.open(session) : undefined;
  if (session && opened) await step('proof', (patience) => prove(deps, session, opened, patience));
  const classes = await step('listing', (patience) => timetable(deps, opened, prebooking, patience));
  const listed =
    classes &&
    findMine(classes, { classId: prebooking.classId, start: prebooking.classTime, name: prebooking.className });
  const calibration = await step('calibration', (_patience) =>
    calibrate({
      clock: deps.clock,
      probe: (patience) => connection.probe(opened?.cookies ?? [], patience),
      until: deps.clock.monotonic() + left() - leftAfterwards(left()),
      shared: deps.clockOf(prebooking.box),
      signal,
    }),
  );
  return {
    calibration,
    way: connection.way(),
    classId: listed?.classId ?? prebooking.classId ?? '',
    already: listed?.mine ? { kind: listed.mine, bookingId: listed.bookingId } : null,
  };
}

/** A step that AimHarder fails is left out; a bug or the end of the attempt is not. */
async function attemptStep<T>(
  { logger }: RefreshDeps,
  step: string,
  work: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T | undefined> {
  try {
    const patience = step === 'calibration' ? signal : AbortSignal.any([signal, AbortSignal.timeout(STEP_PATIENCE)]);
    return await work(patience);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof UpstreamFailure) && !isTimeout(error)) throw error;
    logger.warn('preparation-step-failed', {
      step,
      code: error instanceof UpstreamFailure ? error.code : 'upstream-timeout',
    });
    return undefined;
  }
}

const isTimeout = (error: unknown): boolean => error instanceof DOMException && error.name === 'TimeoutError';

async function refresh(deps: RefreshDeps, session: BackgroundSession | undefined, signal: AbortSignal): Promise<void> {
  if (session) await refreshSession(deps, session, signal);
}

/** Only `whoami` tells a live session from a dead one. A dead one is marked, so that the member is told to log in. */
async function prove(
  deps: RefreshDeps,
  session: BackgroundSession,
  opened: AimHarderSession,
  signal: AbortSignal,
): Promise<void> {
  const proof = await deps.aimHarder.whoAmI(opened, signal);
  if (proof.kind === 'member') return;
  await endAtLogout(deps, session);
  await heal(deps, session, signal);
}

async function heal(deps: RefreshDeps, dead: BackgroundSession, signal: AbortSignal): Promise<void> {
  await deps.heal?.(dead, signal);
}

const timetable = (
  { aimHarder }: RefreshDeps,
  opened: AimHarderSession | undefined,
  { box, boxId, day, familyId }: Unfinished,
  signal: AbortSignal,
): Promise<readonly ListedClass[]> =>
  aimHarder.listClasses(opened, { box, boxId, day, familyId: familyId ?? undefined }, signal);

/** AimHarder's clock may be seconds ahead of ours: of a long wait, the calibration leaves more. */
const leftAfterwards = (left: number) => Math.max(COMMIT_TAKES, Math.min(left / 2, 2 * COMMIT_TAKES));
