import { type Clock, type Instant, SECOND } from '../platform/clock.ts';

/** What one probe told. Instants are on our monotonic clock. */
export type Answer = {
  readonly sentAt: Instant;
  readonly answeredAt: Instant;
  /** The answer's `Date`, a whole second of AimHarder's clock; nothing when it had none, or came from a cache (`Age`). */
  readonly date: Instant | undefined;
};

/**
 * Asks AimHarder once, over the connection that will carry the shot, for something it serves without work: what it
 * takes between arrival and stamp is indistinguishable from path.
 */
export type Probe = (signal: AbortSignal) => Promise<Answer>;

export type Calibration = {
  /** The instant for which the figures hold, on our monotonic clock. Later they widen by `DRIFT`. */
  readonly at: Instant;
  /**
   * Proven, whatever the path did: AimHarder's clock minus our monotonic clock, in milliseconds, lies within.
   * So does that difference with the way to AimHarder added (see `arrival`).
   */
  readonly bounds: Bounds;
  /**
   * AimHarder's clock when a request arrives there, minus our monotonic clock when it was sent, in milliseconds.
   * `earliest` is undercut by one shot in 100 000 at most; `typical` is what to expect.
   */
  readonly arrival: { readonly earliest: number; readonly typical: number };
  /** In milliseconds. */
  readonly roundTrip: { readonly shortest: number; readonly upperQuartile: number; readonly longest: number };
  readonly probes: number;
  /** How many probes came back with a `Date` to rely on. */
  readonly answers: number;
  /** The answers cannot have come from one clock: the figures are those of the clock that is furthest behind. */
  readonly disagreement: boolean;
};

export type Bounds = { readonly lower: number; readonly upper: number };

type Sample = Answer & { readonly date: Instant };

export const MAX_PROBES = 15;

/** The fastest that two disciplined clocks drift apart, in milliseconds per millisecond: the tolerance of a server's crystal. */
export const DRIFT = 50e-6;

/** Between two probes, at least, in milliseconds. */
const GAP = 250;

/** A probe unanswered for this long, in milliseconds, is given up. */
const PROBE_DEADLINE = 2 * SECOND;

/**
 * Probing begins no sooner than this before its end, in milliseconds: time for all probes and a few lost ones. Sooner,
 * the clocks would drift and the server close the idle connection before the shot.
 */
const WINDOW = 20 * SECOND;

/**
 * Finds AimHarder's clock from the whole-second `Date` of its answers, by interval intersection. Each probe is sent so
 * that it arrives at a second's boundary as predicted from those before it, and so halves what is unknown.
 *
 * @param until no probe is sent or awaited after it; on our monotonic clock.
 * @returns nothing when no answer told the time.
 * @throws the signal's reason as soon as it aborts. A probe that fails is only counted.
 */
export async function calibrate({
  clock,
  probe,
  until,
  signal,
  maxProbes = MAX_PROBES,
}: {
  readonly clock: Clock;
  readonly probe: Probe;
  readonly until: Instant;
  readonly signal: AbortSignal;
  readonly maxProbes?: number;
}): Promise<Calibration | undefined> {
  const answers: Answer[] = [];
  let probes = 0;
  let next = Math.max(clock.monotonic(), until - WINDOW);
  while (probes < maxProbes && next < until) {
    await clock.until(next, signal);
    const answer = await ask(probe, Math.min(PROBE_DEADLINE, until - clock.monotonic()), signal);
    probes += 1;
    if (answer) answers.push(answer);
    next = nextProbe(answers, Math.max(clock.monotonic(), next + GAP));
  }
  return conclude(answers, probes, clock.monotonic());
}

async function ask(probe: Probe, deadline: number, signal: AbortSignal): Promise<Answer | undefined> {
  if (deadline <= 0) return;
  try {
    return await probe(AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(deadline))]));
  } catch {
    signal.throwIfAborted();
  }
}

/**
 * When to send the next probe, from `earliest` on: so that it is expected to arrive at a boundary of AimHarder's
 * seconds; once that halves nothing worth halving, as a rehearsal of the shot, which must arrive just after one.
 */
export function nextProbe(answers: readonly Answer[], earliest: Instant): Instant {
  const found = conclude(answers, answers.length, earliest);
  if (!found) return earliest;
  const { upper, lower } = found.bounds;
  const likely = lower + found.roundTrip.shortest;
  const arrival = upper - likely <= RESOLUTION ? found.arrival.earliest : (likely + upper) / 2;
  return Math.ceil((earliest + arrival) / SECOND) * SECOND - arrival;
}

/** What the answers so far prove, and what they make likely, at an instant. */
export function conclude(answers: readonly Answer[], probes: number, at: Instant): Calibration | undefined {
  const samples = usable(answers);
  if (samples.length === 0) return;
  const roundTrips = samples.map(roundTripOf).sort((a, b) => a - b);
  const shortest = roundTrips[0] ?? 0;
  const upperQuartile = roundTrips[Math.floor(roundTrips.length * 0.75)] ?? shortest;
  const path = Math.max(0, shortest - pathMargin(upperQuartile - shortest, samples.length));
  const all = samples.map((sample) => boundsOf(sample, at));
  const upper = Math.min(...all.map((bounds) => bounds.upper));
  const agreeing = all.map(({ lower }) => lower).filter((lower) => lower + path < upper).sort((a, b) => b - a);
  const disagreement = agreeing.length < all.length;
  const lower = agreeing[disagreement ? Math.min(K, agreeing.length - 1) : 0] ?? 0;
  return {
    at,
    bounds: { lower, upper },
    arrival: {
      earliest: lower + path,
      typical: Math.min(lower + shortest + (upperQuartile - shortest) / 2, upper),
    },
    roundTrip: { shortest, upperQuartile, longest: roundTrips.at(-1) ?? shortest },
    probes,
    answers: samples.length,
    disagreement,
  };
}
const RESOLUTION = Number(process.env['RES'] ?? 4);
const K = Number(process.env['KTH'] ?? 0);

function boundsOf({ sentAt, answeredAt, date }: Sample, at: Instant): Bounds {
  const drift = DRIFT * Math.max(0, at - sentAt);
  return { lower: date - answeredAt - drift, upper: date + SECOND - sentAt + drift };
}

const roundTripOf = ({ sentAt, answeredAt }: Answer) => answeredAt - sentAt;

function pathMargin(spread: number, answers: number): number {
  if (answers < 5) return Number.POSITIVE_INFINITY;
  return 1 + (0.75 + 5 / answers) * spread;
}

/** Answers that tell the time. A `Date` that stood still from one probe to the next a second later is a cached one. */
function usable(answers: readonly Answer[]): Sample[] {
  const dated = answers.filter((answer): answer is Sample => answer.date !== undefined);
  const cached = (sample: Sample) =>
    dated.some(({ date, sentAt, answeredAt }) => date === sample.date && (sentAt - sample.answeredAt > SECOND || sample.sentAt - answeredAt > SECOND));
  return dated.filter((sample) => !cached(sample));
}
