import { calibrate, type SharedCalibration } from '../../../lib/aimharder/calibration.ts';
import { prepareShot } from '../../../lib/aimharder/client.ts';
import { type Connection, openConnection } from '../../../lib/aimharder/connection.ts';
import { isPlausible } from '../../../lib/aimharder/estimate.ts';
import { estimateLateness } from '../../../lib/firing/aim.ts';
import { aimShot, COMMIT_BEFORE, warmUp } from '../../../lib/firing/fire-prebooking.ts';
import { calibrationEnds, keepOpen } from '../../../lib/firing/prepare.ts';
import { type Instant, SECOND } from '../../../lib/platform/clock.ts';
import { systemClock as clock } from '../../../lib/platform/system-clock.ts';
import { FIRING_LEAD } from '../../../lib/prebookings/prebooking.ts';
import type { BenchClass, BenchSimulator, Member } from '../simulators.ts';

/** One opening, and the member who books at it. */
export type Opening = { readonly simulator: BenchSimulator; readonly wanted: BenchClass; readonly member: Member };

/**
 * What only the oracle knows: its connection, and AimHarder's clock at the arrival of a request without jitter minus our
 * clock at its sending, in milliseconds.
 */
export type Oracle = { readonly connection: Connection; readonly ahead: number };

/** What On the Dot reports about its shot. */
export type ShotReport = {
  readonly method: string;
  readonly latenessMs: number;
  readonly latenessBoundMs: number | null;
  /** How long after the aimed instant the request was written, in milliseconds: `timerMs` and `eventLoopMs`. */
  readonly heldTooLongMs: number;
  /** How long after the aimed instant the timer ended, and how long after that the request was written, in milliseconds. */
  readonly timerMs: number;
  readonly eventLoopMs: number;
  /** How much later than the likely arrival the shot was aimed, for the unknown part of the path, in milliseconds. */
  readonly marginMs: number;
  /** How far apart the likely and the latest undelayed arrival still were, in milliseconds. */
  readonly bracketMs: number;
  /** How many requests the firing sent, the shot included. */
  readonly requests: number;
  /** How long the firing took, from its beginning to the answer of the shot, in milliseconds. */
  readonly awakeMs: number;
  /** The upper quartile of the probes' round trips minus the shortest, in milliseconds. */
  readonly unevenMs: number;
};

/** How long before the opening our function begins, in milliseconds. */
export const AWAKE = FIRING_LEAD;

const connect = ({ simulator, wanted }: Opening) =>
  openConnection({ origins: simulator.origins, box: wanted.box, clock });

/** Counts the requests that a connection sends. */
function counted(connection: Connection) {
  let requests = 0;
  const count = (more: number) => {
    requests += more;
  };
  return {
    requests: () => requests,
    connection: {
      ...connection,
      build(request) {
        count(1);
        return connection.build(request);
      },
      probe(cookies, signal) {
        count(1);
        return connection.probe(cookies, signal);
      },
      warm(cookies, signal) {
        // It uses the shot's connection and opens a spare one.
        count(2);
        return connection.warm(cookies, signal);
      },
    } satisfies Connection,
  };
}

/** Converts the opening, as our wall clock shows it, to the monotonic clock. */
const monotonicOpening = ({ wanted }: Opening): Instant => wanted.opensAt - (clock.now() - clock.monotonic());

async function shootOver(connection: Connection, { member, wanted }: Opening, sendAt: Instant, signal: AbortSignal) {
  const prepared = prepareShot(connection, clock, member.session, wanted);
  await clock.until(sendAt, signal);
  const wokenAt = clock.monotonic();
  return { ...(await prepared.fire(signal)), wokenAt };
}

/**
 * Shoots as `fire-prebooking` does, from its calibration on.
 *
 * @param shared what members of a crowd share; a member alone has nothing to share.
 * @param commit is called when the deployed firing commits.
 */
export async function onTheDot(
  opening: Opening,
  signal: AbortSignal,
  shared?: SharedCalibration,
  commit: () => Promise<unknown> = async () => undefined,
): Promise<ShotReport> {
  const { opensAt } = opening.wanted;
  const { connection, requests } = counted(connect(opening));
  await clock.until(monotonicOpening(opening) - AWAKE, signal);
  const begunAt = clock.monotonic();
  const { session: credentials } = opening.member;
  const { cookies } = credentials;
  const found = await calibrate({
    clock,
    probe: (patience) => connection.probe(cookies, patience),
    until: calibrationEnds(opensAt, clock),
    signal,
    ...(shared && { shared }),
  });
  const calibration = found && isPlausible(found, clock.now() - clock.monotonic()) ? found : undefined;
  const route = connection.routeId();
  const deps = { clock, aimSetting: 'default', random: Math.random } as const;
  const { aimed, uncalibrated } = aimShot(deps, { opensAt }, { calibration }, null);
  await keepOpen(clock, connection, { cookies, until: aimed.sendAt - COMMIT_BEFORE, signal });
  await commit();
  await warmUp({ clock }, { connection, credentials, aimed }, signal);
  const { sendAt, method } = connection.routeId() === route ? aimed : uncalibrated;
  const { sentAt, wokenAt } = await shootOver(connection, opening, sendAt, signal);
  const awakeMs = clock.monotonic() - begunAt;
  connection.close();
  const wallMinusMonotonic = clock.now() - clock.monotonic();
  const { latenessMs, latenessBoundMs } = estimateLateness({ sentAt, opensAt, calibration, wallMinusMonotonic });
  const { upperQuartile, shortest } = calibration?.roundTrip ?? { upperQuartile: Number.NaN, shortest: Number.NaN };
  const { earliest, likely } = calibration?.arrival ?? { earliest: Number.NaN, likely: Number.NaN };
  return {
    ...{ method, latenessMs, latenessBoundMs, heldTooLongMs: sentAt - sendAt, unevenMs: upperQuartile - shortest },
    ...{ timerMs: wokenAt - sendAt, eventLoopMs: sentAt - wokenAt, marginMs: likely - earliest },
    ...{ bracketMs: (calibration?.bounds.upper ?? Number.NaN) - likely, requests: requests(), awakeMs },
  };
}

/** Shoots with the clock and the path known: the physical limit. */
export async function oracle(opening: Opening, known: Oracle | undefined, signal: AbortSignal): Promise<void> {
  if (!known) throw new Error('there is an oracle for each opening');
  const { connection, ahead } = known;
  const sendAt = opening.wanted.opensAt - ahead;
  for (let left = sendAt - clock.monotonic(); left > 20 * SECOND; left = sendAt - clock.monotonic()) {
    await clock.until(clock.monotonic() + Math.min(20 * SECOND, left - 10 * SECOND), signal);
    await connection.probe([], signal);
  }
  await shootOver(connection, opening, sendAt, signal);
  connection.close();
}

const timer = (millis: number) => new Promise((resolve) => setTimeout(resolve, Math.max(0, millis)));

/** Shoots as the predecessor did: by its own clock, with a bare timer, 30 ms late, over a new connection. */
export async function predecessor(opening: Opening, signal: AbortSignal): Promise<void> {
  await timer(monotonicOpening(opening) + 30 - clock.monotonic());
  const connection = connect(opening);
  await shootOver(connection, opening, clock.monotonic(), signal);
  connection.close();
}

/** Shoots every half second from the opening on, by its own clock, for half a minute or until it is booked. */
export async function polling(opening: Opening, signal: AbortSignal): Promise<void> {
  const connection = connect(opening);
  const from = monotonicOpening(opening);
  for (let shot = 0; shot < 60; shot += 1) {
    await timer(from + shot * 500 - clock.monotonic());
    const { answer } = await shootOver(connection, opening, clock.monotonic(), signal);
    if (answer.kind === 'booked') break;
  }
  connection.close();
}

/** Shoots as a function that EventBridge Scheduler starts 0 to 59 s after the opening. */
export async function bareScheduler(opening: Opening, random: () => number, signal: AbortSignal): Promise<void> {
  await timer(monotonicOpening(opening) + random() * 59 * SECOND - clock.monotonic());
  const connection = connect(opening);
  await shootOver(connection, opening, clock.monotonic(), signal);
  connection.close();
}

/** Sends eight shots around the opening, by its own clock, each over its own open connection. */
export async function burst(opening: Opening, signal: AbortSignal): Promise<void> {
  const from = monotonicOpening(opening);
  await timer(from - 3 * SECOND - clock.monotonic());
  const shots = [-70, -50, -30, -10, 10, 30, 50, 70].map(async (offset) => {
    const connection = connect(opening);
    await connection.probe([], signal);
    await shootOver(connection, opening, from + offset, signal);
    connection.close();
  });
  await Promise.all(shots);
}
