import { expect, test } from 'vitest';
import type { Calibration, ProbeAnswer } from '../../lib/aimharder/estimate.ts';
import { ProbePlan } from '../../lib/aimharder/probe-plan.ts';
import { ProbePool } from '../../lib/aimharder/probe-pool.ts';
import { MINUTE, SECOND } from '../../lib/platform/clock.ts';
import { logNormal } from '../support/firing/delays.ts';
import { README_PATH } from '../support/firing/path-kinds.ts';
import { seeded } from '../support/firing/simulated-path.ts';
import { simulatePool } from '../support/firing/simulated-pool.ts';
import { shareOf } from '../support/share.ts';

/* Behind one address of a balancer there may be servers with clocks of their own. The balancer's cookie leads a member to one. */

const PATH = 10;
const delays = logNormal(2, 0.8);

/** Calibrates eight members of one pool; the last one's server is slower. @returns the last one's estimate, and its clock. */
function calibrateTogether(slowerMs: number, random: () => number) {
  const pool = new ProbePool(MINUTE);
  const ahead = 1_000_000 + Math.floor(SECOND * random());
  const waiting = Array.from({ length: 8 }, (_, index) => ({
    plan: new ProbePlan(30 * SECOND),
    member: pool.join(),
    clock: ahead - (index === 7 ? slowerMs : 0),
    at: 20 * index,
    asked: undefined as ProbeAnswer | undefined,
    found: undefined as Calibration | undefined,
  }));
  const [slower] = waiting.slice(-1);
  while (waiting.length > 0) {
    waiting.sort((one, other) => one.at - other.at);
    const [next] = waiting;
    if (!next) break;
    const { plan, member, at: now } = next;
    if (next.asked) {
      plan.record(next.asked, now);
      member.add(next.asked);
      next.asked = undefined;
    }
    const view = member.view(now);
    const step = plan.next(now, undefined, view);
    if (!step) {
      next.found = plan.conclude(now, undefined, view);
      member.leave();
      waiting.shift();
    } else if (step.until === undefined) next.at = Math.max(step.at, now + 0.01);
    else {
      const arrivedAt = step.at + PATH + delays.draw(random);
      const answeredAt = arrivedAt + PATH + delays.draw(random);
      const date = Math.floor((arrivedAt + next.clock) / SECOND) * SECOND;
      next.asked = { sentAt: step.at, answeredAt, date, connection: 1, address: 'a' };
      next.at = answeredAt;
    }
  }
  return { found: slower?.found, clock: slower?.clock ?? Number.NaN };
}

test.each(shareOf([20, 80, 200]))(
  'a member whose server is %d ms behind those of the others is hardly ever early',
  (slowerMs) => {
    const random = seeded(7);
    const RUNS = 100;
    let early = 0;
    for (let run = 0; run < RUNS; run += 1) {
      const { found, clock } = calibrateTogether(slowerMs, random);
      if (!found || found.arrival.earliest > clock + PATH) early += 1;
    }

    // Without the own answers' limit, half of them.
    expect(early).toBeLessThanOrEqual(2);
  },
);

test.each(shareOf([8, 12]))(
  'a server that is %d ms behind shows it to its member in two probes: early in 2 of 100 at most',
  (behindBy) => {
    const random = seeded(2);
    const shots = Array.from({ length: 160 }, (_, run) =>
      simulatePool(
        README_PATH,
        { members: 8, fateOf: (member) => (member === run % 8 ? { behindBy } : {}) },
        random,
      ).filter(({ member }) => member === run % 8),
    ).flat();

    // Without these probes: 3 of 100.
    expect(shots.reduce((sum, { chanceOfEarly }) => sum + chanceOfEarly, 0) / shots.length).toBeLessThan(0.02);
  },
);
