import { SECOND } from '../../../lib/platform/clock.ts';
import { systemClock } from '../../../lib/platform/system-clock.ts';
import { seeded } from '../../support/firing/simulated-path.ts';
import type { Arrival, BenchSimulator } from '../simulators.ts';
import { teachOracles } from './oracle.ts';
import { mayGetNoAnswer, readAllArrivals, stillSimulators } from './setting.ts';
import {
  AWAKE,
  bareScheduler,
  burst,
  type Opening,
  onTheDot,
  oracle,
  polling,
  predecessor,
  type ShotReport,
} from './ways.ts';

/** The ways to book, in the order of the report. */
export const WAYS = ['on the dot', 'oracle', 'predecessor', 'polling', 'bare scheduler', 'burst'] as const;
export type Way = (typeof WAYS)[number];

/** One opening and its results, in milliseconds after the opening by the simulator's clock. */
export type Race = {
  readonly skewMs: number;
  /** The first shot of each way. */
  readonly first: Readonly<Record<Way, number>>;
  /** The shot that got the seat, if any. */
  readonly booked: Readonly<Record<Way, number | null>>;
  readonly told: ShotReport;
};

const SIMULATORS = 20;

/** The time between openings, in milliseconds: one process shoots at all of them without disturbing itself. */
const APART = 150;

/** The time until the first opening, in milliseconds: simulators start, oracles learn, the first calibrations run. */
const LEAD = 70 * SECOND;

const emailOf = (way: Way): string => `${way.replaceAll(' ', '-')}@bench.example`;

/** Runs all ways at each opening, each way over its own connections. Over TLS, it runs only ours and the oracle's. */
export async function independentRaces(
  races: number,
  seed: number,
  over: 'tls' | 'tcp' = 'tcp',
): Promise<readonly Race[]> {
  const { simulators, skews, ...control } = await stillSimulators(SIMULATORS, seed, { over });
  const signal = new AbortController().signal;
  try {
    const contests = await setUp(simulators, races);
    const oracles = await teachOracles(
      contests.map((contest) => contest.oracle),
      () => readArrivals(simulators),
      signal,
    );
    await control.addJitterAndWork();
    const [first] = contests;
    if (first && !isBefore(first)) throw new Error('the simulators were not ready in time; try fewer races');
    const random = seeded(seed);
    const told = await Promise.all(
      contests.map(async (contest, index) => {
        const [ours] = await Promise.all([
          onTheDot(contest['on the dot'], signal),
          ...[
            oracle(contest.oracle, oracles[index], signal),
            ...(over === 'tls' ? [] : others(contest, random, signal)),
          ].map(mayGetNoAnswer),
        ]);
        return ours;
      }),
    );
    const arrived = await readArrivals(simulators);
    return contests.map((contest, index) =>
      describeRace(contest, skews[index % SIMULATORS] ?? 0, told[index], arrived),
    );
  } finally {
    control.stop();
  }
}

const others = (contest: Contest, random: () => number, signal: AbortSignal): readonly Promise<void>[] => [
  predecessor(contest.predecessor, signal),
  polling(contest.polling, signal),
  bareScheduler(contest['bare scheduler'], random, signal),
  burst(contest.burst, signal),
];

/** Whether our first calibration is still to begin. */
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

async function setUp(simulators: readonly BenchSimulator[], races: number): Promise<readonly Contest[]> {
  const members = await Promise.all(
    simulators.map(
      async (simulator) =>
        new Map(await Promise.all(WAYS.map(async (way) => [way, await simulator.logIn(emailOf(way))] as const))),
    ),
  );
  const contests: Contest[] = [];
  const started = performance.now();
  for (let index = 0; index < races; index += 1) {
    const simulator = simulators[index % simulators.length];
    if (!simulator) throw new Error('a race needs a simulator');
    const passed = performance.now() - started;
    const wanted = await simulator.addClass(LEAD + index * APART - passed, 100);
    contests.push(
      forEachWay((way) => {
        const member = members[index % simulators.length]?.get(way);
        if (!member) throw new Error(`${way} is not logged in`);
        return { simulator, wanted, member };
      }),
    );
  }
  return contests;
}

/** Reads the bookings that arrived for an opening, in the order of arrival. */
async function readArrivals(simulators: readonly BenchSimulator[]) {
  const bySimulator = await readAllArrivals(simulators);
  return ({ simulator, wanted }: Opening): readonly Arrival[] => bySimulator.get(simulator)?.get(wanted.classId) ?? [];
}

/** Bookings that arrive longer before the opening than this are the oracle's lessons, not shots. In milliseconds. */
const LESSON_ENDS = 10 * SECOND;

function describeRace(
  contest: Contest,
  skewMs: number,
  told: ShotReport | undefined,
  arrived: (opening: Opening) => readonly Arrival[],
): Race {
  if (!told) throw new Error('every race has our shot');
  const { opensAt } = contest.oracle.wanted;
  const shots = arrived(contest.oracle).filter(({ arrivedAt }) => arrivedAt > opensAt - LESSON_ENDS);
  const of = (way: Way) => shots.filter(({ email }) => email === emailOf(way));
  const late = (found: readonly Arrival[]) => Math.min(...found.map(({ arrivedAt }) => arrivedAt - opensAt));
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
