import { DRIFT, type ProbeAnswer } from '../../../lib/aimharder/estimate.ts';
import { ProbePlan } from '../../../lib/aimharder/probe-plan.ts';
import { type PoolMember, ProbePool } from '../../../lib/aimharder/probe-pool.ts';
import { aim } from '../../../lib/firing/aim.ts';
import { calibrationEnds } from '../../../lib/firing/prepare.ts';
import { type Instant, MINUTE, SECOND } from '../../../lib/platform/clock.ts';
import { FIRING_LEAD } from '../../../lib/prebookings/prebooking.ts';
import type { PathKind } from './path-kinds.ts';
import { BEGINS_AFTER, clockAt, LARGEST_SKEW, type SimulatedShot } from './simulated-shot.ts';

type Random = () => number;

/** What befalls one of those who share a process. Instants are in milliseconds after the firing has begun. */
export type Fate = {
  readonly joinsAt?: number;
  readonly diesAt?: number;
  /** The server's address as of an instant. @returns undefined if it is unknown. */
  readonly address?: (at: Instant) => string | undefined;
  /** Whether a probe gets no answer. */
  readonly fails?: (at: Instant) => boolean;
  /** How far the clock of its server is behind that of the others' server, in milliseconds. */
  readonly behindBy?: number;
};

type Circumstances = {
  readonly members: number;
  /** If false, each connection draws a path of its own although all lead to one address: what pooling assumes is wrong. */
  readonly isOnePath?: boolean;
  /** How long a connection may be idle before it is closed, in milliseconds. */
  readonly keptOpenFor?: number;
  readonly fateOf?: (member: number) => Fate;
};

/** The shot of one of those who share a process. */
export type PooledShot = SimulatedShot & { readonly member: number; readonly answers: number };

type Path = { readonly out: number; readonly back: number; readonly delays: ReturnType<PathKind['start']> };
type Shot = Pick<PooledShot, 'probes' | 'answers'> & { readonly sendAt: Instant };
type Aimed = Shot & { readonly member: number; readonly path: Path; readonly behindBy: number };

/** Within how many milliseconds all begin: each claims a pre-booking first. */
const SCATTERED = 200;

const ADDRESS = '192.0.2.1';

/** Does what is due in the order of time. */
class Agenda {
  now = 0;
  readonly #waiting: { readonly at: Instant; readonly work: () => void }[] = [];

  add(at: Instant, work: () => void): void {
    const index = this.#waiting.findIndex((one) => one.at <= at);
    this.#waiting.splice(index === -1 ? this.#waiting.length : index, 0, { at, work });
  }

  run(): void {
    for (let next = this.#waiting.pop(); next; next = this.#waiting.pop()) {
      this.now = Math.max(this.now, next.at);
      next.work();
    }
  }
}

type Box = {
  readonly kind: PathKind;
  readonly random: Random;
  readonly agenda: Agenda;
  readonly pool: ProbePool;
  /** Converts an instant of our clock to AimHarder's. */
  readonly theirs: (at: Instant) => Instant;
  readonly keptOpenFor: number;
};

/** Lets several firings calibrate, aim and shoot together, with the deployed code and without waiting. */
export function simulatePool(kind: PathKind, circumstances: Circumstances, random: Random): readonly PooledShot[] {
  const { members, isOnePath = true, keptOpenFor = MINUTE, fateOf = (): Fate => ({}) } = circumstances;
  const [skew, drift] = [LARGEST_SKEW * (2 * random() - 1), DRIFT * (2 * random() - 1)];
  const theirs = (at: Instant) => at + skew + drift * at;
  const box: Box = { kind, random, agenda: new Agenda(), pool: new ProbePool(MINUTE), theirs, keptOpenFor };
  const one = drawPath(kind, random);
  const aimed: Aimed[] = [];
  for (let member = 0; member < members; member += 1) {
    const path = isOnePath ? one : drawPath(kind, random);
    const fate = fateOf(member);
    const begin = () =>
      new PooledFiring(box, path, fate, (shot) =>
        aimed.push({ ...shot, member, path, behindBy: fate.behindBy ?? 0 }),
      ).step();
    box.agenda.add(fate.joinsAt ?? BEGINS_AFTER + SCATTERED * random(), begin);
  }
  box.agenda.run();
  return shootAll(aimed, theirs);
}

function drawPath(kind: PathKind, random: Random): Path {
  const [least, most] = kind.fixed;
  const drawFixed = () => least + (most - least) * random();
  return { out: drawFixed(), back: drawFixed(), delays: kind.start(random) };
}

function shootAll(aimed: readonly Aimed[], theirs: Box['theirs']): readonly PooledShot[] {
  const opensAt = FIRING_LEAD;
  // All probabilities come first: a delay that is drawn tells what the shots beside it meet.
  const judged = aimed
    .toSorted((a, b) => a.sendAt - b.sendAt)
    .map((shot) => {
      const ahead = theirs(shot.sendAt + shot.path.out) - shot.behindBy - opensAt;
      const chanceOfEarly = ahead >= 0 ? 0 : shot.path.delays.outBelow(shot.sendAt, -ahead);
      return { ...shot, ahead, chanceOfEarly };
    });
  return judged.map(({ path, sendAt, ahead, behindBy: _, ...shot }) => {
    const delay = path.delays.out(sendAt);
    return { ...shot, lateness: ahead + delay, oracle: delay };
  });
}

/** One of those who share a process. */
class PooledFiring {
  readonly #box: Box;
  readonly #path: Path;
  readonly #fate: Fate;
  readonly #aimed: (shot: Shot) => void;
  readonly #member: PoolMember;
  readonly #plan: ProbePlan;
  #connection = 0;
  #usedAt = Number.NEGATIVE_INFINITY;

  constructor(box: Box, path: Path, fate: Fate, aimed: (shot: Shot) => void) {
    [this.#box, this.#path, this.#fate, this.#aimed] = [box, path, fate, aimed];
    this.#member = box.pool.join();
    this.#plan = new ProbePlan(
      calibrationEnds(
        FIRING_LEAD,
        clockAt(() => box.agenda.now),
      ),
    );
  }

  /** Does the plan's next step, and then all others. */
  step(): void {
    const { now } = this.#box.agenda;
    const isDead = now >= (this.#fate.diesAt ?? Number.POSITIVE_INFINITY);
    const next = isDead ? undefined : this.#plan.next(now, undefined, this.#member.view(now));
    if (isDead) this.#member.leave();
    else if (!next) this.#aim();
    else this.#box.agenda.add(next.at, () => (next.until === undefined ? this.step() : this.#connect()));
  }

  #aim(): void {
    const { now } = this.#box.agenda;
    const calibration = this.#plan.conclude(now, undefined, this.#member.view(now));
    this.#member.leave();
    const { sendAt } = aim({ calibration, opensAt: FIRING_LEAD, now, monotonic: now });
    this.#aimed({ sendAt, probes: calibration?.probes ?? 0, answers: calibration?.answers ?? 0 });
  }

  /** Opens a connection if there is none, which takes two round trips with TLS, and sends a probe over it. */
  #connect(): void {
    const { agenda, keptOpenFor } = this.#box;
    const isOpen = agenda.now - this.#usedAt <= keptOpenFor;
    if (!isOpen) this.#connection += 1;
    agenda.add(agenda.now + (isOpen ? 0 : 2 * (this.#path.out + this.#path.back)), () => this.#send());
  }

  #send(): void {
    const { agenda, kind, random, theirs } = this.#box;
    const { out, back, delays } = this.#path;
    const sentAt = agenda.now;
    if (this.#fate.fails?.(sentAt)) {
      this.#usedAt = Number.NEGATIVE_INFINITY;
      agenda.add(sentAt + 2 * SECOND, () => this.#record(undefined));
      return;
    }
    const stampedAt = sentAt + out + delays.out(sentAt) + kind.stampDelay * random();
    agenda.add(stampedAt, () => {
      const date = Math.floor((theirs(stampedAt) - (this.#fate.behindBy ?? 0)) / SECOND) * SECOND;
      const answeredAt = stampedAt + back + delays.back(stampedAt);
      const address = this.#fate.address ? this.#fate.address(sentAt) : ADDRESS;
      agenda.add(answeredAt, () => this.#record({ sentAt, answeredAt, date, connection: this.#connection, address }));
    });
  }

  #record(answer: ProbeAnswer | undefined): void {
    const { now } = this.#box.agenda;
    this.#plan.record(answer, now);
    if (answer) {
      this.#usedAt = now;
      this.#member.add(answer);
    }
    this.step();
  }
}
