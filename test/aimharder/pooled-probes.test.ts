import { expect, test } from 'vitest';
import { calibrate, type Probe } from '../../lib/aimharder/calibration.ts';
import { ProbePlan } from '../../lib/aimharder/probe-plan.ts';
import { sharedCalibrations } from '../../lib/aimharder/shared-calibrations.ts';
import { type Instant, MINUTE, SECOND } from '../../lib/platform/clock.ts';
import { PATH_KINDS, README_PATH } from '../support/firing/path-kinds.ts';
import { seeded } from '../support/firing/simulated-path.ts';
import { type Fate, simulatePool } from '../support/firing/simulated-pool.ts';
import { summarizeShots } from '../support/firing/simulated-shots.ts';
import { virtualClock } from '../support/platform/virtual-clock.ts';
import { shareOf } from '../support/share.ts';

const start = Date.parse('2026-03-27T19:28:37.613Z');
const unhurried = new AbortController().signal;

/** Lets 8 calibrate together so many times. */
function pooled(times: number, fateOf: (member: number) => Fate, { isOnePath = true, keptOpenFor = MINUTE } = {}) {
  const random = seeded(5);
  return Array.from({ length: times }, () =>
    simulatePool(README_PATH, { members: 8, fateOf, isOnePath, keptOpenFor }, random),
  ).flat();
}

/** The fate of the first of 8; nothing befalls the others. */
const first = (fate: Fate) => (member: number) => (member === 0 ? fate : {});

/** One alone is up to 7 ms later than an oracle (paths.test.ts). */
const expectClose = (shots: ReturnType<typeof pooled>) => {
  const { early, chanceOfEarly, p99 } = summarizeShots(README_PATH, shots);
  expect({ early, isRare: chanceOfEarly <= 1e-5 }).toEqual({ early: 0, isRare: true });
  expect(p99).toBeLessThan(7);
};

/** What may befall those who share a process. Each is one simulation of hundreds of shots. */
const POOLS: Readonly<Record<string, () => void>> = {
  'of 8 who share a process, one whose probes all fail is not early, and the others are as close as one alone'() {
    const shots = pooled(100, first({ fails: () => true }));

    expect(shots.filter(({ lateness }) => lateness < 0)).toHaveLength(0);
    expectClose(shots.filter(({ member }) => member !== 0));
  },
  'of 8 who share a process, one dies, and the others are as close as one alone'() {
    const shots = pooled(100, first({ diesAt: 4 * SECOND }));

    expect(shots).toHaveLength(700);
    expectClose(shots);
  },
  'of 8 who share a process, one joins late and needs 8 probes'() {
    const shots = pooled(100, first({ joinsAt: 18 * SECOND }));

    expectClose(shots);
    expect(Math.max(...shots.map(({ probes }) => probes))).toBeLessThanOrEqual(8);
  },
  'of 8 who share a process, one joins too late to show that its path is the others’, and is not early'() {
    const shots = pooled(100, first({ joinsAt: 25.2 * SECOND })).filter(({ member }) => member === 0);

    expect(Math.max(...shots.map(({ probes }) => probes))).toBeLessThanOrEqual(2);
    expect(shots.filter(({ lateness }) => lateness < 0)).toHaveLength(0);
  },
  'of 8 who share a process, one that reaches another address is judged by its own answers alone, and the others are as close as one alone'() {
    const shots = pooled(100, first({ address: () => '192.0.2.2' }));
    const [own, others] = [shots.filter(({ member }) => member === 0), shots.filter(({ member }) => member !== 0)];

    expectClose(others);
    // It learns in its turn that it is alone, so it may be late for 24 probes.
    expect(own.filter(({ lateness, answers, probes }) => lateness < 0 || answers > probes)).toEqual([]);
    expect(own.some(({ probes }) => probes > 8)).toBe(true);
  },
  'of 8 who share a process, the address of all changes meanwhile, and none is early'() {
    const shots = pooled(100, () => ({ address: (at) => (at < 14 * SECOND ? '192.0.2.1' : '192.0.2.2') }), {
      keptOpenFor: 2 * SECOND,
    });

    expect(shots.filter(({ lateness }) => lateness < 0)).toHaveLength(0);
    expect(Math.max(...shots.map(({ answers }) => answers))).toBeLessThan(50);
  },
  'of 8 who share a process, all have a server that closes idle connections after 2 s, and they are as close as one alone'() {
    const shots = pooled(100, () => ({}), { keptOpenFor: 2 * SECOND });

    expectClose(shots);
    expect(Math.max(...shots.map(({ probes }) => probes))).toBeLessThanOrEqual(8);
  },
  'where connections to one address have different paths, the members notice: of 1,600 at most one is early'() {
    const shots = pooled(200, () => ({}), { isOnePath: false });
    const { early, chanceOfEarly, p50 } = summarizeShots(README_PATH, shots);

    expect(early).toBeLessThanOrEqual(1);
    expect(chanceOfEarly).toBeLessThan(5e-4);
    expect(p50).toBeLessThan(15);
  },
  'where paths differ and one dies, the others go on as if alone, and are judged by their own answers'() {
    const shots = pooled(50, first({ diesAt: 14 * SECOND }), { isOnePath: false }).filter(({ member }) => member !== 0);

    // Some are found out late, or differ by less than round trips show.
    expect(shots.filter(({ probes }) => probes > 15).length).toBeGreaterThan(0.7 * shots.length);
    // 29 ms if all ended with the 8 probes of those who share.
    expect(summarizeShots(README_PATH, shots).p50).toBeLessThan(20);
    expect(shots.filter(({ lateness }) => lateness < 0)).toHaveLength(0);
  },
};

test.for(shareOf(Object.entries(POOLS)))('%s', ([, play]) => play());

test('one who has sent half of its probes when another joins does not end early: both have the answers of 20 probes or more', () => {
  const shots = [14, 17].flatMap((joinsAt) => {
    const random = seeded(joinsAt);
    const fateOf = (member: number): Fate => (member === 1 ? { joinsAt: joinsAt * SECOND } : {});
    return Array.from({ length: 50 }, () => simulatePool(README_PATH, { members: 2, fateOf }, random)).flat();
  });

  expectClose(shots);
  expect(Math.min(...shots.map(({ answers }) => answers))).toBeGreaterThanOrEqual(20);
  expect(Math.max(...shots.map(({ probes }) => probes))).toBeLessThanOrEqual(24);
});

test('one alone who finds the answers of others that are gone sends its few probes last, so that they are fresh', () => {
  const answers = Array.from({ length: 24 }, (_, index) => {
    const sentAt = index * SECOND + 300;
    return { sentAt, answeredAt: sentAt + 30, date: index * SECOND, connection: 1 };
  });
  const view = { members: 1, index: 0, answersOfFormerMembers: answers.length, answers: [answers] };
  const plan = new ProbePlan(60 * SECOND);
  const sent: Instant[] = [];
  let now = 30 * SECOND;
  for (let next = plan.next(now, undefined, view); next; next = plan.next(now, undefined, view)) {
    now = next.at;
    if (next.until === undefined) continue;
    sent.push(now);
    now += 30;
    plan.record(
      { sentAt: next.at, answeredAt: now, date: Math.floor((now - 15) / SECOND) * SECOND, connection: 2 },
      now,
    );
  }

  expect(sent).toHaveLength(8);
  expect(sent[0]).toBeGreaterThan(48 * SECOND);
  expect(sent.at(-1)).toBeGreaterThan(56 * SECOND);
});

const KINDS = PATH_KINDS.flatMap((kind) => [2, 3, 4].map((members) => ({ kind, members })));

test.for(shareOf(KINDS))('$members who share have 20 answers or more: $kind.name', ({ kind, members }) => {
  const random = seeded(members);
  const shots = Array.from({ length: 20 }, () => simulatePool(kind, { members }, random)).flat();
  const { early, chanceOfEarly, probes } = summarizeShots(kind, shots);

  expect({ early, isRare: chanceOfEarly <= 1e-5 }).toEqual({ early: 0, isRare: true });
  expect(probes).toBeLessThanOrEqual(Math.max(8, 24 / members));
  expect(shots.filter(({ answers }) => answers < 20).length).toBeLessThanOrEqual(shots.length / 20);
});

test('8 who calibrate at once over their own connections send 8 probes each, and judge the path by the answers of all', async () => {
  const clock = virtualClock(start);
  const clockOf = sharedCalibrations(clock);
  const random = seeded(9);
  const probeOver =
    (connection: number): Probe =>
    async (signal) => {
      const sentAt = clock.monotonic();
      await clock.until(sentAt + 20 + random(), signal);
      const date = Math.floor((clock.monotonic() + 700) / SECOND) * SECOND;
      await clock.until(clock.monotonic() + 30 + random(), signal);
      return { sentAt, answeredAt: clock.monotonic(), date, connection, address: '192.0.2.1' };
    };
  const options = { clock, until: start + 27 * SECOND, signal: unhurried };
  const found = await clock.run(() =>
    Promise.all(
      Array.from({ length: 8 }, (_, member) =>
        calibrate({ ...options, probe: probeOver(member), shared: clockOf('crossfit-demo') }),
      ),
    ),
  );
  clock.stop();

  for (const calibration of found) {
    expect(calibration?.probes).toBeLessThanOrEqual(8);
    expect(calibration?.answers).toBeGreaterThan(40);
    expect(Math.abs((calibration?.arrival.likely ?? 0) - 720)).toBeLessThan(2);
  }
});
