import { DRIFT } from '../../../lib/aimharder/estimate.ts';
import { ProbePlan } from '../../../lib/aimharder/probe-plan.ts';
import { aim } from '../../../lib/firing/aim.ts';
import { calibrationEnds } from '../../../lib/firing/prepare.ts';
import { type Clock, SECOND } from '../../../lib/platform/clock.ts';
import { FIRING_LEAD } from '../../../lib/prebookings/prebooking.ts';
import type { PathKind } from './path-kinds.ts';

type Random = () => number;

/** One simulated shot. */
export type SimulatedShot = {
  /** How late it arrives, and how late an oracle's shot arrives that knows clock and path, in milliseconds. */
  readonly lateness: number;
  readonly oracle: number;
  /** The probability that a shot sent at that instant over that path is early. */
  readonly chanceOfEarly: number;
  readonly probes: number;
};

/** When the firing begins to probe, in milliseconds after it has begun: a claim takes a few requests. */
export const BEGINS_AFTER = 0.3 * SECOND;

/** How far AimHarder's clock is from ours at most, in milliseconds. */
export const LARGEST_SKEW = 100;

/** Calibrates, aims and shoots once over a path of the given kind, with the deployed code and without waiting. */
export function simulateShot(kind: PathKind, random: Random): SimulatedShot {
  const [least, most] = kind.fixed;
  const drawFixed = () => least + (most - least) * random();
  const [out, back] = [drawFixed(), drawFixed()];
  const [skew, drift] = [LARGEST_SKEW * (2 * random() - 1), DRIFT * (2 * random() - 1)];
  const theirs = (at: number) => at + skew + drift * at;
  const opensAt = FIRING_LEAD;
  const path = kind.start(random);
  let now = BEGINS_AFTER;
  const probe = () => {
    const sentAt = now;
    const stampedAt = sentAt + out + path.out(sentAt) + kind.stampDelay * random();
    const date = Math.floor(theirs(stampedAt) / SECOND) * SECOND;
    now = stampedAt + back + path.back(stampedAt);
    return { sentAt, answeredAt: now, date, connection: 1 };
  };
  const plan = new ProbePlan(
    calibrationEnds(
      opensAt,
      clockAt(() => now),
    ),
  );
  for (let next = plan.next(now); next; next = plan.next(now)) {
    now = Math.max(now, next.at);
    if (next.until !== undefined) plan.record(probe(), now);
  }
  const calibration = plan.conclude(now);
  const { sendAt } = aim({ calibration, opensAt, now, monotonic: now });
  const ahead = theirs(sendAt + out) - opensAt;
  const chanceOfEarly = ahead >= 0 ? 0 : path.outBelow(sendAt, -ahead);
  const delay = path.out(sendAt);
  return { lateness: ahead + delay, oracle: delay, chanceOfEarly, probes: calibration?.probes ?? 0 };
}

/** A clock that shows what `read` returns. Nothing waits for it. */
export const clockAt = (read: () => number): Clock => ({
  now: read,
  monotonic: read,
  until: () => Promise.reject(new Error('a simulated shot does not wait')),
  timeout: () => AbortSignal.abort(),
});
