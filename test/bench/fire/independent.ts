import { SECOND } from '../../../lib/platform/clock.ts';
import { systemClock } from '../../../lib/platform/system-clock.ts';
import { seeded } from '../../support/firing/simulated-path.ts';
import type { Arrived, BenchGym } from '../simulators.ts';
import { oraclesFor } from './oracle.ts';
import { arrivedAtAll, enliven, stillGyms } from './setting.ts';
import {
  AWAKE,
  bareScheduler,
  burst,
  type Opening,
  onTheDot,
  oracle,
  polling,
  predecessor,
  type Told,
} from './ways.ts';

/** In the order in which they are shown. */
export const WAYS = ['on the dot', 'oracle', 'predecessor', 'polling', 'bare scheduler', 'burst'] as const;
export type Way = (typeof WAYS)[number];

/** One opening and what came of it, in milliseconds after the opening by the gym's clock. */
export type Race = {
  readonly skewMs: number;
  /** The first shot of each way. */
  readonly first: Readonly<Record<Way, number>>;
  /** The shot that got the place, if one did. */
  readonly booked: Readonly<Record<Way, number | null>>;
  readonly told: Told;
};

const GYMS = 20;

/** Openings are so far apart, in milliseconds, that one process can hold and shoot for all without disturbing itself. */
const APART = 150;

/** Until the first opening: the gyms are set up, the oracles learn, the first calibrations run. */
const LEAD = 60 * SECOND;

const emailOf = (way: Way): string => `${way.replaceAll(' ', '-')}@bench.example`;

/** Races at so many openings, all ways in each, each way over connections of its own. */
export async function independentRaces(races: number, seed: number): Promise<readonly Race[]> {
  const { gyms, skews, ...control } = await stillGyms(GYMS, seed);
  const signal = new AbortController().signal;
  try {
    const contests = await setUp(gyms, races);
    const oracles = await oraclesFor(
      contests.map((contest) => contest.oracle),
      () => arrivedIn(gyms),
      signal,
    );
    await enliven({ gyms, ...control });
    const [first] = contests;
    if (first && !isBefore(first)) throw new Error('the gyms were not ready in time; try fewer races');
    const random = seeded(seed);
    const told = await Promise.all(
      contests.map(async (contest, index) => {
        const [ours] = await Promise.all([
          onTheDot(contest['on the dot'], signal),
          oracle(contest.oracle, oracles[index], signal),
          predecessor(contest.predecessor, signal),
          polling(contest.polling, signal),
          bareScheduler(contest['bare scheduler'], random, signal),
          burst(contest.burst, signal),
        ]);
        return ours;
      }),
    );
    const arrived = await arrivedIn(gyms);
    return contests.map((contest, index) => raceOf(contest, skews[index % GYMS] ?? 0, told[index], arrived));
  } finally {
    control.stop();
  }
}

/** Whether our first calibration has not begun yet. */
const isBefore = ({ oracle: { wanted } }: Contest) => systemClock.now() < wanted.opensAt - AWAKE - 3 * SECOND;

type Contest = Readonly<Record<Way, Opening>>;

const forEachWay = <T>(make: (way: Way) => T): Readonly<Record<Way, T>> => ({
  'on the dot': make('on the dot'),
  oracle: make('oracle'),
  predecessor: make('predecessor'),
  polling: make('polling'),
  'bare scheduler': make('bare scheduler'),
  burst: make('burst'),
});

async function setUp(gyms: readonly BenchGym[], races: number): Promise<readonly Contest[]> {
  const members = await Promise.all(
    gyms.map(
      async (gym) => new Map(await Promise.all(WAYS.map(async (way) => [way, await gym.logIn(emailOf(way))] as const))),
    ),
  );
  const contests: Contest[] = [];
  const started = performance.now();
  for (let index = 0; index < races; index += 1) {
    const gym = gyms[index % gyms.length];
    if (!gym) throw new Error('a race needs a gym');
    const passed = performance.now() - started;
    const wanted = await gym.addClass(LEAD + index * APART - passed, 100);
    contests.push(
      forEachWay((way) => {
        const member = members[index % gyms.length]?.get(way);
        if (!member) throw new Error(`${way} is not logged in`);
        return { gym, wanted, member };
      }),
    );
  }
  return contests;
}

/** What arrived for an opening, in the order of arrival. */
async function arrivedIn(gyms: readonly BenchGym[]) {
  const byGym = await arrivedAtAll(gyms);
  return ({ gym, wanted }: Opening): readonly Arrived[] => byGym.get(gym)?.get(wanted.classId) ?? [];
}

/** Nothing that arrived longer before the opening than this is a shot: the oracle's lessons. In milliseconds. */
const LESSON_ENDS = 10 * SECOND;

function raceOf(
  contest: Contest,
  skewMs: number,
  told: Told | undefined,
  arrived: (opening: Opening) => readonly Arrived[],
): Race {
  if (!told) throw new Error('every race has our shot');
  const { opensAt } = contest.oracle.wanted;
  const shots = arrived(contest.oracle).filter(({ arrivedAt }) => arrivedAt > opensAt - LESSON_ENDS);
  const of = (way: Way) => shots.filter(({ email }) => email === emailOf(way));
  const late = (found: readonly Arrived[]) => Math.min(...found.map(({ arrivedAt }) => arrivedAt - opensAt));
  return {
    skewMs,
    first: forEachWay((way) => late(of(way))),
    booked: forEachWay((way) => {
      const places = of(way).filter(({ answer }) => answer === 'booked');
      return places.length > 0 ? late(places) : null;
    }),
    told,
  };
}
