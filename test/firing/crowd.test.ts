import { expect, test } from 'vitest';
import { AimHarder } from '../../lib/aimharder/client.ts';
import type { Connection } from '../../lib/aimharder/connection.ts';
import { beforeFirstShot } from '../../lib/firing/after-shot.ts';
import { createShotSpacer } from '../../lib/firing/next-shot.ts';
import { shoot } from '../../lib/firing/shoot.ts';
import { type Clock, SECOND } from '../../lib/platform/clock.ts';
import type { Unfinished } from '../../lib/prebookings/prebooking.ts';
import { KEYS } from '../support/aimharder/known-answers.ts';
import { seeded } from '../support/firing/simulated-path.ts';
import { virtualClock } from '../support/platform/virtual-clock.ts';
import { shareOf } from '../support/share.ts';

/* What AimHarder gets from many members at an opening that is late (README, "What it guarantees"). */

const unhurried = new AbortController().signal;
const ORIGINS = { origin: 'http://127.0.0.1:9', login: 'http://127.0.0.1:9', box: 'http://127.0.0.1:9/{box}' };
const OPENS_AT = Date.UTC(2026, 2, 20, 18, 30);
const MEMBERS = 500;
const LATE = 20 * SECOND;

const PREBOOKING: Unfinished = {
  ...{ email: 'ada@example.com', id: 'a'.repeat(32), generation: 1, status: 'pending', armed: true, lease: null },
  ...{ box: 'box', boxId: '1', day: '2026-03-24', classId: '1', familyId: null, whenFull: null, routineId: null },
  ...{ className: 'WOD', classTime: '18:00', classStartsAt: OPENS_AT + 96 * 3_600 * SECOND },
  ...{ opensAt: OPENS_AT, wakesAt: OPENS_AT, createdAt: OPENS_AT },
};

type Answer = { readonly status: number; readonly body: string; readonly retryAfter?: number };
type Upstream = {
  /** What it answers while the box is not open. */
  readonly closed: Answer;
  /** How long it takes for an answer, in milliseconds. */
  readonly takesMs: (random: number) => number;
  /** How late the box opens, in milliseconds. */
  readonly opensLate?: number;
  /** How many members shoot; 500 by default. */
  readonly members?: number;
  /** How many firings share a process; all by default. */
  readonly sharing?: number;
};

/**
 * A connection to an AimHarder in the time of the clock, which notes when each shot leaves, in milliseconds after the opening.
 */
function connectionTo(
  clock: Clock,
  random: () => number,
  { closed, takesMs, opensLate = LATE }: Upstream,
  sent: number[],
): Connection {
  return {
    origins: ORIGINS,
    build: () => ({
      isLost: () => false,
      async send() {
        const sentAt = clock.monotonic();
        sent.push(sentAt - OPENS_AT);
        const open: Answer = { status: 200, body: '{"bookState":-1}' };
        const { status, body, retryAfter } = sentAt < OPENS_AT + opensLate ? closed : open;
        await clock.until(sentAt + takesMs(random()), unhurried);
        const head = { contentType: 'application/json', setCookies: [], host: '127.0.0.1', date: undefined };
        return {
          ...head,
          status,
          body,
          retryAfter,
          sentAt,
          answeredAt: clock.monotonic(),
          connection: 1,
          connectMs: undefined,
        };
      },
    }),
    probe: () => Promise.reject(new Error('nobody probes')),
    warm: async () => undefined,
    routeId: () => 'main 1',
    close: () => undefined,
  };
}

/** Lets all members shoot. @returns when the requests left, in milliseconds after the opening. */
async function shotsOfAll(upstream: Upstream, outcome = 'class-full'): Promise<readonly number[]> {
  const clock = virtualClock(OPENS_AT - SECOND);
  const random = seeded(1);
  const sent: number[] = [];
  const deps = {
    ...{ aimHarder: new AimHarder({ origins: ORIGINS, clock }), clock, random },
    ...{
      replaceSession: async () => undefined,
      recordShots: async () => undefined,
      hasClassChanged: async () => false,
    },
  };
  const { members = MEMBERS, sharing = members } = upstream;
  const spacers = Array.from({ length: members / sharing }, () => createShotSpacer(clock));
  const shootOnce = (_: unknown, member: number) => {
    const spaceShot = spacers[Math.floor(member / sharing)] ?? createShotSpacer(clock);
    const target = { prebooking: PREBOOKING, classId: '1', connection: connectionTo(clock, random, upstream, sent) };
    const before = beforeFirstShot({ token: '', cookies: [], fingerprint: '' }, 0);
    const plan = { sendAt: OPENS_AT + 20 * random(), sendAtUncalibrated: OPENS_AT, before };
    return shoot({ ...deps, spaceShot }, target, plan, unhurried);
  };
  try {
    const ends = await clock.run(() => Promise.all(Array.from({ length: members }, shootOnce)));
    expect(new Set(ends.map(({ outcome }) => outcome))).toEqual(new Set([outcome]));
  } finally {
    clock.stop();
  }
  return sent;
}

/** Counts the shots in each period after the opening. */
const countIn = (period: number, shots: readonly number[]): readonly number[] =>
  Array.from(
    { length: Math.floor(Math.max(...shots) / period) + 1 },
    (_, index) => shots.filter((at) => Math.floor(at / period) === index).length,
  );

const requestsASecond = async (upstream: Upstream) => countIn(SECOND, await shotsOfAll(upstream));

const average = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0) / counts.length;

const tooEarly = { status: 200, body: `{"bookState":-12,"errorMssgLang":"${KEYS.days}"}` };

/** Lets a hundred members be refused until the grace ends. */
async function expectNoStepAtTheEnd(closed: Answer, outcome: string): Promise<void> {
  const upstream = { closed, takesMs: () => 50, opensLate: 600 * SECOND, members: 100, sharing: 1 };
  const shots = await shotsOfAll(upstream, outcome);

  const last = shots.filter((at) => at > 119 * SECOND);
  expect(last.length).toBeGreaterThanOrEqual(100);
  expect(Math.max(...last)).toBeLessThanOrEqual(119.5 * SECOND);
  expect(Math.max(...countIn(100, last))).toBeLessThan(50);
}

/** Openings of many members. Each is one simulation of thousands of shots. */
const OPENINGS: Readonly<Record<string, () => Promise<void>>> = {
  async 'refused at once as too early: 3,500 requests in the first second, then some 500, and some 250 from the tenth on'() {
    const [first = 0, ...later] = await requestsASecond({ closed: tooEarly, takesMs: () => 0 });

    expect(first).toBe(7 * MEMBERS);
    expect(Math.max(...later.slice(0, 9))).toBeLessThan(1.1 * MEMBERS);
    expect(Math.max(...later.slice(9))).toBeLessThan(0.75 * MEMBERS + 100);
    expect(average(later.slice(10, 19))).toBeCloseTo(MEMBERS / 2, -2);
  },
  async 'refused as too early after 0.4 to 1.7 s, as AimHarder does: some 730 requests in the first second, then fewer'() {
    const [first = 0, ...later] = await requestsASecond({
      closed: tooEarly,
      takesMs: (random) => 400 + 1_300 * random,
    });

    expect(first).toBeCloseTo(730, -2);
    expect(Math.max(...later)).toBeLessThan(MEMBERS);
    expect(average(later.slice(10, 19))).toBeCloseTo(170, -2);
  },
  async 'turned away with 503: after the first shots, the firings of one process send 50 a second'() {
    const [first = 0, ...later] = await requestsASecond({ closed: { status: 503, body: '' }, takesMs: () => 50 });

    expect(first).toBeLessThanOrEqual(MEMBERS + 50);
    expect(Math.max(...later)).toBeLessThanOrEqual(51);
  },
  async 'turned away with Retry-After: no member comes back before, and the members do not come back in step'() {
    const closed = { status: 503, body: '', retryAfter: 8 * SECOND };
    const shots = await shotsOfAll({ closed, takesMs: () => 50, opensLate: 4 * SECOND, sharing: 1 });

    const again = shots.filter((at) => at > SECOND);
    expect(again).toHaveLength(MEMBERS);
    expect(Math.min(...again)).toBeGreaterThanOrEqual(8 * SECOND);
    expect(Math.max(...again)).toBeLessThan(10.1 * SECOND);
    expect(Math.max(...countIn(100, again))).toBeLessThan(50);
  },
  'refused as too early until the grace ends: the last shots do not leave in step': () =>
    expectNoStepAtTheEnd(tooEarly, 'too-early'),
  'turned away until the grace ends: the last shots do not leave in step': () =>
    expectNoStepAtTheEnd({ status: 503, body: '', retryAfter: 600 * SECOND }, 'upstream-rejected'),
};

test.for(shareOf(Object.entries(OPENINGS)))('%s', ([, play]) => play());
