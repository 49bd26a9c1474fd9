import { type Clock, type Instant, SECOND } from '../platform/clock.ts';

/** What one probe told. Both instants are on our monotonic clock. */
export type ProbeAnswer = {
  readonly sentAt: Instant;
  readonly answeredAt: Instant;
  /** The answer's `Date`, a whole second of AimHarder's clock; nothing if it had none, or came from a cache (`Age`). */
  readonly date: Instant | undefined;
  /** The connection it came over: another number, another way. */
  readonly connection: number;
};

/**
 * Asks AimHarder once, over the connection that will carry the shot and with the cookies that a balancer goes by, for
 * something served without work: time taken between arrival and stamp would be mistaken for path, and aimed too early.
 */
export type Probe = (signal: AbortSignal) => Promise<ProbeAnswer>;

type Bounds = { readonly lower: number; readonly upper: number };

/** AimHarder's clock as seen from here. Differences and durations are in milliseconds. */
export type Calibration = {
  /** The instant the figures hold for, on our monotonic clock; away from it they loosen by `DRIFT`. */
  readonly at: Instant;
  /** Proven whatever the path did: AimHarder's clock minus our monotonic clock, with and without an undelayed way there. */
  readonly bounds: Bounds;
  /**
   * AimHarder's clock when a request arrives, minus our monotonic clock when it was sent. A shot undercuts `earliest`
   * once in 100 000 times; an undelayed one is `likely` at this; `typical` is what to expect with some delay.
   */
  readonly arrival: { readonly earliest: number; readonly likely: number; readonly typical: number };
  readonly roundTrip: { readonly shortest: number; readonly upperQuartile: number; readonly longest: number };
  /** How many probes were sent. */
  readonly probes: number;
  /** How many of them came back, over the last connection, with a `Date` to rely on. */
  readonly answers: number;
  /** The answers cannot come from one clock: the figures are, to be safe, those of the clock furthest behind. */
  readonly disagreement: boolean;
};

type Sample = ProbeAnswer & { readonly date: Instant };

/** What the connections of one process tell each other of a host's clock. */
export type SharedCalibration = {
  read(at: Instant): Calibration | undefined;
  share(calibration: Calibration): void;
};

const nothingShared: SharedCalibration = { read: () => undefined, share: () => undefined };

/** To one wake-up's connection; more would be impolite, and tell no more than the path's jitter leaves to know. */
export const MAX_PROBES = 15;

/** Where others have found the clock, so many tell the way over this connection, of which two may be lost. */
const ENOUGH_PROBES = 10;

/** How fast two clocks may drift apart, in milliseconds per millisecond: the tolerance of a server's crystal. */
export const DRIFT = 50e-6;

/** Between the sending of two probes, at least, in milliseconds. */
const GAP = 250;

/** Left for an answer, in milliseconds: a probe given up takes its connection with it, and the path it has told of. */
const ANSWER_TAKES = SECOND / 2;

/** A probe unanswered for this long, in milliseconds, is given up. */
const PROBE_DEADLINE = 2 * SECOND;

/**
 * Probing begins no sooner than this before its end, in milliseconds: time for every probe and some lost ones. Sooner,
 * the clocks would drift and the server close the idle connection before the shot.
 */
const WINDOW = 20 * SECOND;

/** Once an arrival is known to this, in milliseconds, it serves better to rehearse the shot than to halve once more. */
const RESOLUTION = 6;

/** With fewer answers than this, too little is known of the path's jitter (`pathOf`), and only what is proven counts. */
const ANSWERS_TO_JUDGE_A_PATH = 6;

/** Where clocks disagree, an arrival counts when this many answers bear it out: others may come from a clock ahead. */
const ANSWERS_TO_CONFIRM = 5;

/**
 * Finds AimHarder's clock from the whole-second `Date` of its answers, by interval intersection. A probe is sent so as
 * to arrive at the boundary of two seconds, as predicted from those before it, and so halves what is unknown. It is the
 * instant of *sending* at which `Date` turns that is narrowed down: the shot travels the same way, so the two
 * directions may differ.
 *
 * @param until no probe is sent or awaited after it; on our monotonic clock. It may depend on what is known so far.
 * @param shared what other connections of this process tell of the same clock; they are told in turn.
 * @returns nothing if no answer told the time.
 * @throws the signal's reason as soon as it aborts. A probe that fails is counted, and taken for the connection's end.
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
  const others = ofOthers(shared);
  let before: Calibration | undefined;
  let answers: ProbeAnswer[] = [];
  let probes = 0;
  let until = typeof end === 'function' ? end(undefined) : end;
  let soonest = until - ANSWER_TAKES - WINDOW;
  for (;;) {
    const now = clock.monotonic();
    const told = others.read(now);
    const known = before ?? told;
    if (typeof end === 'function') until = end(estimate(answers, now, known));
    const last = until - ANSWER_TAKES;
    const maxProbes = told ? ENOUGH_PROBES : MAX_PROBES;
    if (probes >= maxProbes) break;
    // Spread over the time there is, so that the last answer is fresh and the connection never idle for long.
    const paced = now + (last - now) / (maxProbes - probes) - SECOND;
    const next = nextProbe(answers, Math.max(now, soonest, paced), known);
    if (next > last) break;
    await clock.until(next, signal);
    const answer = await ask(probe, until - clock.monotonic(), signal);
    probes += 1;
    soonest = next + GAP;
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

/** What others have told: a connection that hears but itself is alone, and has all its probes to send. */
function ofOthers(shared: SharedCalibration): SharedCalibration {
  const mine = new WeakSet<Calibration>();
  return {
    read(at) {
      const told = shared.read(at);
      return told && mine.has(told) ? undefined : told;
    },
    share(calibration) {
      mine.add(calibration);
      shared.share(calibration);
    },
  };
}

async function ask(probe: Probe, left: number, signal: AbortSignal): Promise<ProbeAnswer | undefined> {
  const deadline = AbortSignal.timeout(Math.ceil(Math.min(Math.max(left, 0), PROBE_DEADLINE)));
  try {
    return await probe(AbortSignal.any([signal, deadline]));
  } catch {
    signal.throwIfAborted();
  }
}

/** When to send the next probe: the first instant from `earliest` on that puts its arrival at a boundary of seconds. */
function nextProbe(answers: readonly ProbeAnswer[], earliest: Instant, known?: Calibration): Instant {
  const found = estimate(answers, earliest, known);
  if (!found) return earliest;
  const { bounds, arrival, disagreement } = found;
  const rehearse = disagreement || bounds.upper - arrival.likely <= RESOLUTION;
  const aimed = rehearse ? arrival.earliest : (arrival.likely + bounds.upper) / 2;
  return Math.ceil((earliest + aimed) / SECOND) * SECOND - aimed;
}

/**
 * What the answers over one connection prove, and what they make likely, at an instant.
 *
 * An answer D to a probe sent at s and answered at a was stamped in between, so AimHarder's clock is D − a to
 * D + 1 s − s ahead, and the way there, until the stamp, is part of it: no undelayed arrival exceeds the smallest
 * D + 1 s − s. Nothing proves the path's length, so that is judged from the shortest round trip. Whatever delays a
 * probe on its way there lengthens its round trip and leaves D − a as it is: delay is not mistaken for an earlier clock.
 */
export function estimate(answers: readonly ProbeAnswer[], at: Instant, known?: Calibration): Calibration | undefined {
  const samples = usable(answers);
  const [shortest, ...longer] = samples.map(({ sentAt, answeredAt }) => answeredAt - sentAt).sort((a, b) => a - b);
  if (shortest === undefined) return known && overAnotherPath(known, at, known.roundTrip.longest);
  const upperQuartile = longer[Math.floor(samples.length * 0.75) - 1] ?? shortest;
  const path = pathOf(shortest, upperQuartile - shortest, samples.length);

  const lowers = samples.map((sample) => sample.date - sample.answeredAt - DRIFT * (at - sample.sentAt));
  const uppers = samples.map((sample) => sample.date + SECOND - sample.sentAt + DRIFT * (at - sample.sentAt));
  const { bounds: before } = known ? overAnotherPath(known, at, shortest) : { bounds: ANYTHING };
  const upper = Math.min(before.upper, ...uppers);
  const agreeing = lowers.filter((lower) => lower + path.likely < upper).sort((a, b) => b - a);
  const contradicted = agreeing.length < samples.length || before.lower >= upper;
  const own = agreeing[contradicted ? ANSWERS_TO_CONFIRM - 1 : 0] ?? Math.min(...lowers);
  const floor = contradicted ? own : before.lower;
  return {
    at,
    bounds: { lower: Math.max(own, floor), upper },
    arrival: {
      earliest: Math.max(own + path.atLeast, floor),
      likely: Math.max(own + shortest, floor),
      typical: Math.min(Math.max(own + shortest, floor) + (upperQuartile - shortest) / 2, upper),
    },
    roundTrip: { shortest, upperQuartile, longest: longer.at(-1) ?? shortest },
    probes: answers.length + (known?.probes ?? 0),
    answers: samples.length,
    disagreement: contradicted || (known?.disagreement ?? false),
  };
}

const ANYTHING: Bounds = { lower: Number.NEGATIVE_INFINITY, upper: Number.POSITIVE_INFINITY };

/** What a calibration tells of another connection: the same clock, and a path from none to the longest there may be. */
function overAnotherPath(known: Calibration, at: Instant, longestPath: number): Calibration {
  const drift = DRIFT * Math.abs(at - known.at);
  const bounds = { lower: known.bounds.lower - drift, upper: known.bounds.upper + drift + longestPath };
  const arrival = {
    earliest: bounds.lower,
    likely: bounds.lower,
    typical: bounds.lower + known.roundTrip.shortest / 2,
  };
  return { ...known, at, bounds, arrival, answers: 0 };
}

/**
 * How much of the shortest round trip is not jitter. The factors are from a simulation over log-normal jitter of median
 * 0.3–10 ms and σ 0.3–1.5, 500 000 runs each: with 8 answers or more, `atLeast` let at most one shot in 100 000 arrive
 * early, and `likely` was never contradicted by a single clock in 20 000 runs. With fewer answers
 * more is allowed for, so that no more shots arrive early than with 8 (60 000 runs each).
 */
function pathOf(shortest: number, spread: number, answers: number) {
  if (answers < ANSWERS_TO_JUDGE_A_PATH) return { atLeast: 0, likely: 0 };
  return {
    atLeast: Math.max(0, shortest - 1 - (0.75 + 5 / answers + Math.max(0, 8 - answers) / 2) * spread),
    likely: Math.max(0, shortest - 0.5 - 0.5 * spread),
  };
}

/** Answers that tell the time. A `Date` that stood still from one probe to another a second later is a cached one. */
function usable(answers: readonly ProbeAnswer[]): Sample[] {
  const dated = answers.filter((answer): answer is Sample => answer.date !== undefined);
  return dated.filter((sample) =>
    dated.every(
      (other) =>
        other.date !== sample.date ||
        Math.max(other.sentAt - sample.answeredAt, sample.sentAt - other.answeredAt) <= SECOND,
    ),
  );
}
