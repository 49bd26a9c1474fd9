import { describe, expect, test } from 'vitest';
import type { OpeningDelay } from '../../lib/boxes/opening-delay.ts';
import { addObservation, delayToAimFor, type Observation } from '../../lib/firing/opening-delay.ts';
import { DAY, HOUR } from '../../lib/platform/clock.ts';
import { type Openings, simulateOpenings } from '../support/firing/simulated-openings.ts';

const CADENCES: readonly (readonly [string, Pick<Openings, 'apart' | 'members'>])[] = [
  ['a member a day', { apart: DAY, members: 1 }],
  ['a member a week', { apart: 7 * DAY, members: 1 }],
  ['three members a day', { apart: DAY, members: 3 }],
  ['thirty members a week', { apart: 7 * DAY, members: 30 }],
  ['two members every hour', { apart: HOUR, members: 2 }],
];
const SEEDS = [1, 2, 3, 4, 5];
const ROWS = CADENCES.flatMap(([name, cadence]) => SEEDS.map((seed) => [name, seed, cadence] as const));

describe.each(ROWS)('200 days of %s (seed %i)', (_name, seed, cadence) => {
  const onTime = { ...cadence, seed, days: 200, gateMs: () => 0 };

  test('one false refusal delays no shot', () => {
    const openings = simulateOpenings({
      ...onTime,
      isRefusedWrongly: (opening, member) => opening + member === 5 && member === 0,
    });

    expect(openings.filter(({ aimedMs }) => aimedMs > 0)).toEqual([]);
  });

  test('two false refusals in a row delay the next shots by 25 ms, and for less than seven openings', () => {
    const openings = simulateOpenings({
      ...onTime,
      isRefusedWrongly: (opening, member) => member === 0 && (opening === 5 || opening === 6),
    });

    const aims = openings.map(({ aimedMs }) => aimedMs);
    expect(Math.max(...aims)).toBeLessThan(27);
    expect(aims.slice(7 + 6).filter((aimed) => aimed > 0)).toEqual([]);
  });

  test.each([60, 300, 1_100])(
    'a gate that is %i ms late for a while: the aim returns within seven openings',
    (late) => {
      const { apart } = cadence;
      const [from, to] = [Math.ceil((30 * DAY) / apart), Math.ceil((120 * DAY) / apart)];
      const isLate = (day: number) => day * DAY >= from * apart && day * DAY < to * apart;
      const openings = simulateOpenings({ ...onTime, gateMs: (day) => (isLate(day) ? late : 0) });

      const aims = openings.map(({ aimedMs }) => aimedMs);
      expect(aims.slice(0, from + 1).filter((aimed) => aimed > 0)).toEqual([]);
      // The seventh opening after the gate was mended, and all that follow.
      expect(Math.max(...aims.slice(to + 6))).toBeLessThan(60);
      expect(aims[to + 6]).toBe(0);
    },
  );

  test.each([60, 400, 1_100])(
    'a gate that is %i ms late for a while, and one false refusal at any opening after that: no aim is late for long',
    (late) => {
      const { apart } = cadence;
      const mended = 25;
      const gateMs = (day: number) => (day * DAY >= 10 * apart && day * DAY < mended * apart ? late : 0);
      for (let wrong = mended; wrong < mended + 16; wrong += 1) {
        const isRefusedWrongly = (opening: number, member: number) => opening === wrong && member === 0;
        const openings = simulateOpenings({ ...onTime, days: (60 * apart) / DAY, gateMs, isRefusedWrongly });

        // A refusal while the late gate still counts starts the seven openings again; a later one delays nothing.
        const back = (wrong < mended + 6 ? wrong : mended - 1) + 7;
        const delayed = openings.slice(back).filter(({ aimedMs }) => aimedMs >= 60);
        expect({ wrong, delayed }).toEqual({ wrong, delayed: [] });
      }
    },
  );

  test.each([60, 300, 1_100])('a gate that stays %i ms late is learned, and most first shots are admitted', (late) => {
    const learned = simulateOpenings({ ...onTime, days: 400, gateMs: () => late }).slice(14);

    const admitted = learned.reduce((all, one) => all + one.admitted, 0);
    expect(admitted).toBeGreaterThanOrEqual(0.6 * cadence.members * learned.length);
    expect(Math.max(...learned.map(({ aimedMs }) => aimedMs))).toBeLessThan(late + 75);
  });
});

test.each([60, 300])(
  'of 500 members at a box that stays %i ms late, few are refused when it is tried again',
  (late) => {
    const openings = { apart: DAY, days: 60, members: 500, seed: 2, gateMs: () => late };

    const refusals = simulateOpenings(openings).map(({ admitted }) => openings.members - admitted);

    expect(Math.max(...refusals.slice(14))).toBeLessThan(openings.members / 4);
    expect(Math.max(...refusals.slice(14))).toBeGreaterThan(0);
  },
);

const opensAt = Date.UTC(2026, 2, 20, 18, 30);

/** Builds what the firing of one member shows at one opening. */
const seen = (day: number, of: Partial<Observation>): Observation => ({
  ...{ opensAt: opensAt + day * DAY, prebooking: `${day}`, aimedMs: 0, refusedAtMs: null, admittedAtMs: 700 },
  ...of,
});
const refused = (day: number, refusedAtMs: number, of: Partial<Observation> = {}) =>
  seen(day, { refusedAtMs, aimedMs: refusedAtMs, admittedAtMs: refusedAtMs + 700, ...of });
const admitted = (day: number, aimedMs: number) => seen(day, { aimedMs, admittedAtMs: aimedMs + 5 });

/** Adds observations one after the other. */
function learn(...observations: readonly Observation[]): OpeningDelay | null {
  let known: OpeningDelay | null = null;
  for (const one of observations) {
    const next: OpeningDelay | null | undefined = addObservation(known, one, one.opensAt);
    if (next !== undefined) known = next;
  }
  return known;
}
/** Random numbers of a shot that is first to try a refused delay again, and of the others. */
const [FIRST, OTHER] = [0.1, 0.5];
const aimAfter = (...observations: readonly Observation[]) =>
  delayToAimFor(learn(...observations), observations.at(-1)?.opensAt ?? 0, OTHER);

describe('a box is called late', () => {
  test('after two refusals at different openings', () => {
    expect(aimAfter(refused(0, 0))).toBe(0);
    expect(aimAfter(refused(0, 0), refused(1, 0))).toBe(25);
  });

  test('after refusals of two members at one opening', () => {
    expect(aimAfter(refused(0, 0), refused(0, 0, { prebooking: 'another' }))).toBe(25);
  });

  test('not by one firing alone, however often that is told', () => {
    expect(aimAfter(refused(0, 0), refused(0, 0), refused(0, 400))).toBe(0);
  });

  test('not by two refusals with an admission between them', () => {
    expect(learn(refused(0, 0), admitted(1, 0))).toBeNull();
    expect(aimAfter(refused(0, 0), admitted(1, 0), refused(2, 0))).toBe(0);
  });

  test('by what two firings were refused at, not by the later one of them', () => {
    expect(aimAfter(refused(0, 600), refused(1, 0))).toBe(25);
  });
});

test('after a refusal at x ms, x + 25, x + 50 and x + 100 ms are tried next', () => {
  const refusals = [refused(0, 0), refused(1, 0)];
  const aims = [2, 3, 4, 5].map((day) => {
    const aimed = aimAfter(...refusals);
    refusals.push(refused(day, aimed));
    return aimed;
  });

  expect(aims).toEqual([25, 50, 100, 200]);
});

test('between a refusal and an admission, the middle is tried, until they are 50 ms apart', () => {
  const late = [refused(0, 200), refused(1, 200), refused(2, 225), refused(3, 250), refused(4, 300), admitted(5, 400)];

  expect(aimAfter(...late)).toBe(350);
  expect(aimAfter(...late, refused(6, 350))).toBe(400);
  expect(aimAfter(...late, admitted(6, 350))).toBe(350);
});

describe('what was refused is tried again', () => {
  const late = [refused(0, 0), refused(1, 0), ...[2, 3, 4, 5].map((day) => admitted(day, 25))];

  test('at the sixth opening after the refusal', () => {
    expect(aimAfter(...late)).toBe(25);
    expect(aimAfter(...late, admitted(5, 25))).toBe(25);
    expect(aimAfter(...late, admitted(6, 25))).toBe(0);
  });

  test('by a few of the shots already at the fifth: if they are refused, the others are spared that', () => {
    const aimsAfter = (...more: readonly Observation[]) =>
      [FIRST, OTHER].map((random) => delayToAimFor(learn(...late, ...more), opensAt + 9 * DAY, random));

    expect(aimsAfter()).toEqual([0, 25]);
    expect(aimsAfter(refused(6, 0), admitted(6, 25))).toEqual([25, 25]);
  });

  test('and if it is admitted, the box is no longer late', () => {
    expect(learn(...late, admitted(6, 25), admitted(7, 0))).toBeNull();
  });

  test('and if it is admitted but far from the opening, the opening is tried next', () => {
    const far = [refused(0, 300), refused(1, 300), ...[2, 3, 4, 5, 6].map((day) => admitted(day, 325))];

    expect(aimAfter(...far)).toBe(300);
    expect(aimAfter(...far, admitted(7, 300))).toBe(0);
    expect(learn(...far, admitted(7, 300), admitted(8, 0))).toBeNull();
    // One refusal may be a mistake.
    expect(aimAfter(...far, admitted(7, 300), refused(8, 0))).toBe(0);
    expect(learn(...far, admitted(7, 300), refused(8, 0), admitted(9, 0))).toBeNull();
    expect(aimAfter(...far, admitted(7, 300), refused(8, 0), refused(9, 0))).toBe(275);
  });

  test('and if it is refused, the delay is known again at once', () => {
    expect(aimAfter(...late, admitted(6, 25), refused(7, 0))).toBe(25);
  });
});

test('a delay that has grown is found from the new refusal on', () => {
  const late = [refused(0, 0), refused(1, 0), admitted(2, 25)];

  expect(aimAfter(...late, refused(3, 25))).toBe(50);
});

test('a refusal counts for 60 days after it was last seen', () => {
  const late = learn(refused(0, 0), refused(1, 0), refused(50, 25), admitted(51, 75));

  expect(delayToAimFor(late, opensAt + 110 * DAY, OTHER)).toBeGreaterThan(25);
  expect(delayToAimFor(late, opensAt + 111 * DAY, OTHER)).toBe(0);
  expect(addObservation(late, admitted(111, 0), opensAt + 111 * DAY)).toBeNull();
  expect(addObservation(late, refused(111, 0), opensAt + 111 * DAY)).toMatchObject({ refusedBy: '111' });
});

describe('nothing is learned', () => {
  test('from a refused shot that may have arrived early', () => {
    expect(learn(refused(0, -2))).toBeNull();
  });

  test('from a refusal more than two and a half seconds after the opening, which was stated wrongly', () => {
    expect(learn(refused(0, 2_600))).toBeNull();
  });

  test('from a shot that is admitted at a box that opens on time', () => {
    expect(addObservation(null, admitted(0, 0), opensAt)).toBeUndefined();
  });

  test('from a shot that left late and was admitted', () => {
    const late = learn(refused(0, 300), refused(1, 300));

    expect(addObservation(late, seen(2, { aimedMs: 0, admittedAtMs: 400 }), opensAt + 2 * DAY)).toBeUndefined();
  });

  test('from a shot that is admitted at the opening at which another one was refused', () => {
    const late = learn(refused(0, 0), refused(1, 0));

    expect(addObservation(late, admitted(1, 0), opensAt + DAY)).toBeUndefined();
  });
});
