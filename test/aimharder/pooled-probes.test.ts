import { describe, expect, test } from 'vitest';
import { calibrate, type Probe } from '../../lib/aimharder/calibration.ts';
import type { ProbeAnswer } from '../../lib/aimharder/estimate.ts';
import { ALONE, type PoolMember, ProbePool } from '../../lib/aimharder/probe-pool.ts';
import { sharedCalibrations } from '../../lib/aimharder/shared-calibrations.ts';
import { type Instant, MINUTE, SECOND } from '../../lib/platform/clock.ts';
import { PATH_KINDS, README_PATH } from '../support/firing/path-kinds.ts';
import { seeded } from '../support/firing/simulated-path.ts';
import { type Fate, simulatePool } from '../support/firing/simulated-pool.ts';
import { summarizeShots } from '../support/firing/simulated-shots.ts';
import { manualClock } from '../support/platform/manual-clock.ts';
import { virtualClock } from '../support/platform/virtual-clock.ts';

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

describe('of 8 who share a process', () => {
  test('one whose probes all fail is not early, and the others are as close as one alone', () => {
    const shots = pooled(100, first({ fails: () => true }));

    expect(shots.filter(({ lateness }) => lateness < 0)).toHaveLength(0);
    expectClose(shots.filter(({ member }) => member !== 0));
  });

  test('one dies, and the others are as close as one alone', () => {
    const shots = pooled(100, first({ diesAt: 4 * SECOND }));

    expect(shots).toHaveLength(700);
    expectClose(shots);
  });

  test('one joins late and needs 8 probes', () => {
    const shots = pooled(100, first({ joinsAt: 18 * SECOND }));

    expectClose(shots);
    expect(Math.max(...shots.map(({ probes }) => probes))).toBeLessThanOrEqual(8);
  });

  test('one joins too late to show that its path is the others’, and is not early', () => {
    const shots = pooled(100, first({ joinsAt: 25.2 * SECOND })).filter(({ member }) => member === 0);

    expect(Math.max(...shots.map(({ probes }) => probes))).toBeLessThanOrEqual(2);
    expect(shots.filter(({ lateness }) => lateness < 0)).toHaveLength(0);
  });

  test('one that reaches another address is judged by its own answers alone, and the others are as close as one alone', () => {
    const shots = pooled(100, first({ address: () => '192.0.2.2' }));
    const [own, others] = [shots.filter(({ member }) => member === 0), shots.filter(({ member }) => member !== 0)];

    expectClose(others);
    // It learns in its turn that it has no company, so it may be late for 24 probes.
    expect(own.filter(({ lateness, answers, probes }) => lateness < 0 || answers > probes)).toEqual([]);
    expect(own.some(({ probes }) => probes > 8)).toBe(true);
  });

  test('the address of all changes meanwhile, and none is early', () => {
    const shots = pooled(100, () => ({ address: (at) => (at < 14 * SECOND ? '192.0.2.1' : '192.0.2.2') }), {
      keptOpenFor: 2 * SECOND,
    });

    expect(shots.filter(({ lateness }) => lateness < 0)).toHaveLength(0);
    expect(Math.max(...shots.map(({ answers }) => answers))).toBeLessThan(50);
  });

  test('all have a server that closes idle connections after 2 s, and they are as close as one alone', () => {
    const shots = pooled(100, () => ({}), { keptOpenFor: 2 * SECOND });

    expectClose(shots);
    expect(Math.max(...shots.map(({ probes }) => probes))).toBeLessThanOrEqual(8);
  });
});

test('where connections to one address have different paths, the members notice: of 1,600 at most one is early', () => {
  const shots = pooled(200, () => ({}), { isOnePath: false });
  const { early, chanceOfEarly, p50 } = summarizeShots(README_PATH, shots);

  expect(early).toBeLessThanOrEqual(1);
  expect(chanceOfEarly).toBeLessThan(5e-4);
  expect(p50).toBeLessThan(15);
});

test.each(PATH_KINDS.map((kind) => [kind.name, kind] as const))(
  '2, 3 and 4 who share have 20 answers or more: %s',
  (_, kind) => {
    for (const members of [2, 3, 4]) {
      const random = seeded(members);
      const shots = Array.from({ length: 20 }, () => simulatePool(kind, { members }, random)).flat();
      const { early, chanceOfEarly, probes } = summarizeShots(kind, shots);

      expect({ early, isRare: chanceOfEarly <= 1e-5 }).toEqual({ early: 0, isRare: true });
      expect(probes).toBeLessThanOrEqual(Math.max(8, 24 / members));
      expect(shots.filter(({ answers }) => answers < 20).length).toBeLessThanOrEqual(shots.length / 20);
    }
  },
);

describe('a pool of answers', () => {
  const answer = (sentAt: Instant, address: string | undefined, connection = 1): ProbeAnswer => {
    return { sentAt, answeredAt: sentAt + 50, date: 0, connection, address };
  };
  const answersOf = (member: PoolMember, at = start) => member.company(at).answers.flat().length;

  test('gives each member the answers of the others at its address', () => {
    const pool = new ProbePool(MINUTE);
    const [ana, bea, cruz] = [pool.join(), pool.join(), pool.join()];
    ana.add(answer(start, '192.0.2.1'));
    bea.add(answer(start, '192.0.2.1'));
    cruz.add(answer(start, '192.0.2.2'));

    expect(ana.company(start)).toMatchObject({ members: 2, place: 0 });
    expect(bea.company(start)).toMatchObject({ members: 2, place: 1 });
    expect([answersOf(ana), answersOf(bea), answersOf(cruz)]).toEqual([1, 1, 0]);
  });

  test('gives nothing to a connection whose address is unknown, and takes nothing from it', () => {
    const pool = new ProbePool(MINUTE);
    const [ana, bea] = [pool.join(), pool.join()];
    ana.add(answer(start, '192.0.2.1'));
    bea.add(answer(start, undefined));

    expect(bea.company(start)).toEqual(ALONE);
    expect(ana.company(start)).toMatchObject({ members: 1, answers: [] });
  });

  test('keeps the answers of a member that has left, for a minute', () => {
    const pool = new ProbePool(MINUTE);
    const [ana, bea] = [pool.join(), pool.join()];
    ana.add(answer(start, '192.0.2.1'));
    ana.leave();

    expect(bea.company(start)).toMatchObject({ members: 1, answersOfGone: 1 });
    expect(answersOf(bea, start + MINUTE)).toBe(1);
    expect(answersOf(bea, start + MINUTE + 1)).toBe(0);
  });

  test('gives a member its own answers over an earlier connection to the same address', () => {
    const ana = new ProbePool(MINUTE).join();
    ana.add(answer(start, '192.0.2.1', 1));
    ana.add(answer(start + SECOND, '192.0.2.1', 2));

    expect(answersOf(ana, start + SECOND)).toBe(1);
  });

  test('belongs to one box, and is emptied if our own clock has stood still', () => {
    const clock = manualClock(start);
    const clockOf = sharedCalibrations(clock);
    const [ana, bea, other] = [clockOf('box').join(), clockOf('box').join(), clockOf('other-box').join()];
    ana.add(answer(start, '192.0.2.1'));
    expect([answersOf(bea), answersOf(other)]).toEqual([1, 0]);

    clock.step(15 * MINUTE);

    expect(answersOf(bea)).toBe(0);
  });
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
