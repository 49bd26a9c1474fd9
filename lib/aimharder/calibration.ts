import { type Clock, type Instant, SECOND } from '../platform/clock.ts';
import { type Calibration, estimate, type ProbeAnswer } from './estimate.ts';

/**
 * Asks AimHarder once for its time, over the connection that will carry the shot and with the balancer's cookies. It requests
 * a static file, which takes the server no work: work between arrival and `Date` would look like a longer path, and the aim
 * would be too early.
 */
export type Probe = (signal: AbortSignal) => Promise<ProbeAnswer>;

/** The calibration of a box's clock that the connections of one process share. */
export type SharedCalibration = {
  read(at: Instant): Calibration | undefined;
  share(calibration: Calibration): void;
};

const nothingShared: SharedCalibration = { read: () => undefined, share: () => undefined };

/** Most probes of one firing. More would be impolite, and would add less precision than the path's jitter takes away. */
export const MAX_PROBES = 15;

/** Most probes where another connection has calibrated already: enough to measure this path, even if two are lost. */
const MAX_PROBES_WHEN_SHARED = 10;

/** Shortest time between two probes, in milliseconds. */
const GAP = 250;

/** How long before the end the last probe is sent, in milliseconds. An answer after the end is not awaited. */
const TIME_FOR_ANSWER = SECOND / 2;

/** After this long without an answer, in milliseconds, a probe is given up, which closes its connection. */
const PROBE_DEADLINE = 2 * SECOND;

/**
 * The longest time that the shot's connection may be idle, in milliseconds. If a server announces 3 s, Node's client closes
 * an idle connection after 2 s.
 */
export const LONGEST_IDLE = 1.75 * SECOND;

/**
 * How long before its end probing starts at the earliest, in milliseconds: long enough for all probes, a second apart. If
 * it started earlier, the clocks would drift, and the server might close the idle connection between two probes.
 */
const WINDOW = 14 * SECOND;

/** Once the arrival is known to within this many milliseconds, the next probes are timed like the shot, to test its aim. */
const RESOLUTION = 6;

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
  until: end,
  signal,
  shared = nothingShared,
}: {
  readonly clock: Clock;
  readonly probe: Probe;
  readonly until: Instant | ((known: Calibration | undefined) => Instant);
  readonly signal: AbortSignal;
  readonly shared?: SharedCalibration;
}): Promise<Calibration | undefined> {
  const others = withoutOwn(shared);
  let before: Calibration | undefined;
  let answers: ProbeAnswer[] = [];
  let probes = 0;
  let until = typeof end === 'function' ? end(undefined) : end;
  let soonest = until - TIME_FOR_ANSWER - WINDOW;
  for (;;) {
    const now = clock.monotonic();
    const fromOthers = others.read(now);
    const known = before ?? fromOthers;
    if (typeof end === 'function') until = end(estimate(answers, now, known));
    const last = until - TIME_FOR_ANSWER;
    const maxProbes = fromOthers ? MAX_PROBES_WHEN_SHARED : MAX_PROBES;
    if (probes >= maxProbes) break;
    // Probes are spread over the time left, so that the last answer is fresh and the connection is never idle for long.
    const pace = Math.min((last - now) / (maxProbes - probes), probes > 0 ? LONGEST_IDLE : Number.POSITIVE_INFINITY);
    const paced = now + pace - SECOND;
    const next = nextProbe(answers, Math.max(now, soonest, paced), known);
    if (next > last) break;
    await clock.until(next, signal);
    const answer = await ask({ clock, probe, until, signal });
    probes += 1;
    soonest = next + GAP;
    // A slow answer tells nothing, but the connection is still open, and its path is the same.
    if (answer === 'slow') continue;
    if (!answer || answer.connection !== answers[0]?.connection) {
      before = estimate(answers, clock.monotonic(), before);
      answers = [];
    }
    if (!answer) continue;
    answers.push(answer);
    const own = estimate(answers, clock.monotonic(), before);
    if (own) others.share(own);
  }
  const now = clock.monotonic();
  const found = estimate(answers, now, before ?? others.read(now));
  return found && { ...found, probes };
}

/** Hides from a connection the calibrations that it has shared itself: only those of other connections save it probes. */
function withoutOwn(shared: SharedCalibration): SharedCalibration {
  const mine = new WeakSet<Calibration>();
  return {
    read(at) {
      const calibration = shared.read(at);
      return calibration && mine.has(calibration) ? undefined : calibration;
    },
    share(calibration) {
      mine.add(calibration);
      shared.share(calibration);
    },
  };
}

/**
 * Sends one probe. A probe without an answer at `until` is not aborted, because that would close its connection.
 *
 * @returns undefined if the probe failed.
 */
async function ask({
  clock,
  probe,
  until,
  signal,
}: Pick<Parameters<typeof calibrate>[0], 'clock' | 'probe' | 'signal'> & { readonly until: Instant }): Promise<
  ProbeAnswer | 'slow' | undefined
> {
  const asked = probe(AbortSignal.any([signal, clock.timeout(PROBE_DEADLINE)])).catch(() => undefined);
  const left = until - clock.monotonic();
  const answer = await (left < PROBE_DEADLINE ? Promise.race([asked, slowAfter(clock, left)]) : asked);
  signal.throwIfAborted();
  return answer;
}

const slowAfter = (clock: Clock, millis: number): Promise<'slow'> =>
  new Promise((resolve) => {
    clock.timeout(millis).addEventListener('abort', () => resolve('slow'), { once: true });
  });

/** Finds the first instant, `earliest` or later, at which a probe has to leave to arrive at a boundary of seconds. */
function nextProbe(answers: readonly ProbeAnswer[], earliest: Instant, known?: Calibration): Instant {
  const found = estimate(answers, earliest, known);
  if (!found) return earliest;
  const { bounds, arrival, disagreement } = found;
  const rehearse = disagreement || bounds.upper - arrival.likely <= RESOLUTION;
  const aimed = rehearse ? arrival.earliest : (arrival.likely + bounds.upper) / 2;
  return Math.ceil((earliest + aimed) / SECOND) * SECOND - aimed;
}
