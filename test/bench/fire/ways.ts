import { calibrate, type SharedCalibration } from '../../../lib/aimharder/calibration.ts';
import { prepareShot } from '../../../lib/aimharder/client.ts';
import { type Connection, openConnection } from '../../../lib/aimharder/connection.ts';
import { type AimSetting, aim, estimateLateness } from '../../../lib/firing/aim.ts';
import { type Instant, SECOND } from '../../../lib/platform/clock.ts';
import { systemClock as clock } from '../../../lib/platform/system-clock.ts';
import type { BenchClass, BenchSimulator, Member } from '../simulators.ts';

/** One opening, as one who wants the class knows it. */
export type Opening = { readonly simulator: BenchSimulator; readonly wanted: BenchClass; readonly member: Member };

/** What only the oracle knows: its connection, and AimHarder's clock at an undelayed arrival minus ours at sending. */
export type Oracle = { readonly connection: Connection; readonly ahead: number };

/** What our own way says of its shot. */
export type Told = {
  readonly method: string;
  readonly latenessMs: number;
  readonly latenessBoundMs: number | null;
  /** From the aimed instant to the writing of the request, in milliseconds. */
  readonly heldTooLongMs: number;
  /** How uneven the round trips of its probes were: their upper quartile less the shortest, in milliseconds. */
  readonly unevenMs: number;
};

/** Our function is awake this long before the opening, in milliseconds, and calibrates until the second instant. */
export const AWAKE = 27 * SECOND;
const CALIBRATED = 5 * SECOND;

/** It commits, and then warms its connection, so long before the shot, in milliseconds. */
const WARMED = 2 * SECOND;

/** Of the crowd's one process; of an opening by itself, nothing. */
const nothing = { read: () => undefined, share: () => undefined };

const connect = ({ simulator, wanted }: Opening) =>
  openConnection({ origins: simulator.origins, box: wanted.box, clock });

/** The opening as our own wall clock has it, on the monotonic scale. */
const opening = ({ wanted }: Opening): Instant => wanted.opensAt - (clock.now() - clock.monotonic());

async function shootOver(connection: Connection, { member, wanted }: Opening, sendAt: Instant, signal: AbortSignal) {
  const prepared = prepareShot(connection, clock, member.session, wanted);
  await clock.until(sendAt, signal);
  return prepared.fire(signal);
}

/** Ours: what `fire-prebooking` does from its calibration on. */
export async function onTheDot(
  contest: Opening,
  signal: AbortSignal,
  shared: SharedCalibration = nothing,
): Promise<Told> {
  const { opensAt } = contest.wanted;
  const connection = connect(contest);
  await clock.until(opening(contest) - AWAKE, signal);
  const until = opening(contest) - CALIBRATED;
  const calibration = await calibrate({
    clock,
    probe: (patience) => connection.probe(contest.member.session.cookies, patience),
    until,
    signal,
    shared,
  });
  const way = connection.routeId();
  const [now, monotonic] = [clock.now(), clock.monotonic()];
  const by = (setting: AimSetting) => aim({ calibration, opensAt, now, monotonic, setting });
  const [aimed, elsewhere] = [by('default'), by('safe')];
  // Here fire-prebooking commits; then it warms the connection that it has calibrated, and opens another one.
  await clock.until(aimed.sendAt - WARMED, signal);
  await connection.warm(contest.member.session.cookies, AbortSignal.any([signal, AbortSignal.timeout(WARMED / 2)]));
  const { sendAt, method } = connection.routeId() === way ? aimed : elsewhere;
  const { sentAt } = await shootOver(connection, contest, sendAt, signal);
  connection.close();
  const wallMinusMonotonic = clock.now() - clock.monotonic();
  const { latenessMs, latenessBoundMs } = estimateLateness({ sentAt, opensAt, calibration, wallMinusMonotonic });
  const { upperQuartile, shortest } = calibration?.roundTrip ?? { upperQuartile: Number.NaN, shortest: Number.NaN };
  return { method, latenessMs, latenessBoundMs, heldTooLongMs: sentAt - sendAt, unevenMs: upperQuartile - shortest };
}

/** Knows the clock and the fixed part of its path: the physical limit. */
export async function oracle(contest: Opening, known: Oracle | undefined, signal: AbortSignal): Promise<void> {
  if (!known) throw new Error('there is an oracle for each opening');
  const { connection, ahead } = known;
  const sendAt = contest.wanted.opensAt - ahead;
  for (let left = sendAt - clock.monotonic(); left > 20 * SECOND; left = sendAt - clock.monotonic()) {
    await clock.until(clock.monotonic() + Math.min(20 * SECOND, left - 10 * SECOND), signal);
    await connection.probe([], signal);
  }
  await shootOver(connection, contest, sendAt, signal);
  connection.close();
}

const timer = (millis: number) => new Promise((resolve) => setTimeout(resolve, Math.max(0, millis)));

/** The predecessor: its own clock, a bare timer, 30 ms on top, a connection opened when it is needed. */
export async function predecessor(contest: Opening, signal: AbortSignal): Promise<void> {
  await timer(opening(contest) + 30 - clock.monotonic());
  const connection = connect(contest);
  await shootOver(connection, contest, clock.monotonic(), signal);
  connection.close();
}

/** Asks from the instant on, by its own clock, every half second for half a minute, until it is let in. */
export async function polling(contest: Opening, signal: AbortSignal): Promise<void> {
  const connection = connect(contest);
  const from = opening(contest);
  for (let shot = 0; shot < 60; shot += 1) {
    await timer(from + shot * 500 - clock.monotonic());
    const { answer } = await shootOver(connection, contest, clock.monotonic(), signal);
    if (answer.kind === 'booked') break;
  }
  connection.close();
}

/** The bare Scheduler: a function started 0 to 59 s after the instant. */
export async function bareScheduler(contest: Opening, random: () => number, signal: AbortSignal): Promise<void> {
  await timer(opening(contest) + random() * 59 * SECOND - clock.monotonic());
  const connection = connect(contest);
  await shootOver(connection, contest, clock.monotonic(), signal);
  connection.close();
}

/** Eight shots around the instant, by its own clock, each on a connection of its own that is open already. */
export async function burst(contest: Opening, signal: AbortSignal): Promise<void> {
  const from = opening(contest);
  await timer(from - 3 * SECOND - clock.monotonic());
  const shots = [-70, -50, -30, -10, 10, 30, 50, 70].map(async (offset) => {
    const connection = connect(contest);
    await connection.probe([], signal);
    await shootOver(connection, contest, from + offset, signal);
    connection.close();
  });
  await Promise.all(shots);
}
