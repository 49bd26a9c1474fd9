import { type Clock, type Instant, SECOND } from '../platform/clock.ts';
import type { Calibration, ProbeAnswer } from './estimate.ts';
import { ProbePlan, type ProbesEnd } from './probe-plan.ts';
import { ALONE, type PoolMember } from './probe-pool.ts';

/**
 * Asks AimHarder once for its time, over the connection that will carry the shot and with the balancer's cookies. The probe
 * requests a static file, which takes the server no work: work between the arrival and the writing of `Date` would look like a
 * longer path, and the aim would be too early.
 */
export type Probe = (signal: AbortSignal) => Promise<ProbeAnswer>;

/** What the connections of one process that calibrate the clock of one box share with each other. */
export type SharedCalibration = {
  /** Returns the calibration that was shared last, if it is recent. Its `bounds` hold for every connection. */
  read(at: Instant): Calibration | undefined;
  share(calibration: Calibration): void;
  /** Joins the pool of answers, which counts only connections to the same address. */
  join(): PoolMember;
};

/** For a connection that shares nothing with others. */
const nothingShared: SharedCalibration = {
  read: () => undefined,
  share: () => undefined,
  join: () => ({ view: () => ALONE, add: () => undefined, leave: () => undefined }),
};

/** How long a probe may wait for its answer, in milliseconds. After that it is aborted, which closes its connection. */
const PROBE_DEADLINE = 2 * SECOND;

/**
 * Finds AimHarder's clock from the whole-second `Date` of its answers, by interval intersection. Each probe is timed to
 * arrive when `Date` changes, as the earlier probes predict it, and so halves the uncertainty. The probes narrow down the
 * instant of *sending*. The shot takes the same path to AimHarder, so the length of the way back does not matter.
 *
 * @param until the end, on our monotonic clock: no probe is sent or awaited after it. A function of the calibration so far
 *   may compute it.
 * @param shared the calibrations of other connections of this process; this connection shares its own there.
 * @returns undefined if no answer had a reliable `Date`. `probes` counts failed and slow probes too.
 * @throws the signal's reason as soon as it aborts.
 */
export async function calibrate({
  clock,
  probe,
  until,
  signal,
  shared = nothingShared,
}: {
  readonly clock: Clock;
  readonly probe: Probe;
  readonly until: ProbesEnd;
  readonly signal: AbortSignal;
  readonly shared?: SharedCalibration;
}): Promise<Calibration | undefined> {
  const others = withoutOwn(shared);
  const pool = shared.join();
  const plan = new ProbePlan(until);
  try {
    for (;;) {
      const now = clock.monotonic();
      const next = plan.next(now, others.read(now), pool.view(now));
      if (!next) return plan.conclude(now, others.read(now), pool.view(now));
      await clock.until(next.at, signal);
      // The plan wants no probe yet, and is asked again.
      if (next.until === undefined) continue;
      const answer = await sendProbe({ clock, probe, until: next.until, signal });
      plan.record(answer, clock.monotonic());
      // A probe that failed or was too slow proves nothing.
      if (typeof answer !== 'object') continue;
      pool.add(answer);
      const own = plan.conclude(clock.monotonic());
      if (own) others.share(own);
    }
  } finally {
    pool.leave();
  }
}

/** Hides from a connection the calibrations that it has shared itself: they prove nothing beyond its own answers. */
function withoutOwn(shared: SharedCalibration): Pick<SharedCalibration, 'read' | 'share'> {
  const own = new WeakSet<Calibration>();
  return {
    read(at) {
      const calibration = shared.read(at);
      return calibration && own.has(calibration) ? undefined : calibration;
    },
    share(calibration) {
      own.add(calibration);
      shared.share(calibration);
    },
  };
}

/**
 * Sends one probe. A probe without an answer at `until` is not aborted, because that would close its connection.
 *
 * @returns `slow` if there is no answer at `until`; undefined if the probe failed.
 */
async function sendProbe({
  clock,
  probe,
  until,
  signal,
}: Pick<Parameters<typeof calibrate>[0], 'clock' | 'probe' | 'signal'> & { readonly until: Instant }): Promise<
  ProbeAnswer | 'slow' | undefined
> {
  const answered = probe(AbortSignal.any([signal, clock.timeout(PROBE_DEADLINE)])).catch(() => undefined);
  const left = until - clock.monotonic();
  const answer = await (left < PROBE_DEADLINE ? Promise.race([answered, slowAfter(clock, left)]) : answered);
  signal.throwIfAborted();
  return answer;
}

const slowAfter = (clock: Clock, millis: number): Promise<'slow'> =>
  new Promise((resolve) => {
    clock.timeout(millis).addEventListener('abort', () => resolve('slow'), { once: true });
  });
