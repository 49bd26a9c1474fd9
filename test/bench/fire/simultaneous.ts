import { sharedCalibrations } from '../../../lib/aimharder/shared-calibrations.ts';
import { SECOND } from '../../../lib/platform/clock.ts';
import { systemClock } from '../../../lib/platform/system-clock.ts';
import { MAX_SHARING } from '../../../lib/prebookings/function-starter.ts';
import type { BenchClass, BenchSimulator } from '../simulators.ts';
import { teachOracles } from './oracle.ts';
import { mayGetNoAnswer, stillSimulators } from './setting.ts';
import { type Opening, onTheDot, oracle, type ShotReport } from './ways.ts';

/** Many members at one opening, in one process; up to 8 share what they learn, as the deployed ones do. Figures are in milliseconds after the opening by the simulator's clock. */
export type Crowd = {
  readonly members: number;
  readonly skewMs: number;
  readonly onTheDot: readonly number[];
  /** As many oracles at another opening of the same simulator. */
  readonly oracle: readonly number[];
  readonly booked: number;
  readonly told: readonly ShotReport[];
};

/** The time until our opening, in milliseconds: members log in, oracles learn, calibrations run. The oracles' is 5 s later. */
const LEAD = 65 * SECOND;
const BETWEEN = 5 * SECOND;

export async function crowd(members: number, seed: number): Promise<Crowd> {
  const { simulators, skews, ...control } = await stillSimulators(1, seed, { paths: 'one' });
  const signal = new AbortController().signal;
  try {
    const [simulator] = simulators;
    if (!simulator) throw new Error('a crowd needs a simulator');
    const { ours, theirs } = await setUp(simulator, members);
    const oracles = await teachOracles(theirs, () => arrivedAt(simulator), signal);
    await control.addJitterAndWork();
    const shared = Array.from({ length: Math.ceil(members / MAX_SHARING) }, () =>
      sharedCalibrations(systemClock)('crossfit-demo'),
    );
    const [told] = await Promise.all([
      Promise.all(ours.map((opening, index) => onTheDot(opening, signal, shared[Math.floor(index / MAX_SHARING)]))),
      Promise.all(theirs.map((opening, index) => mayGetNoAnswer(oracle(opening, oracles[index], signal)))),
    ]);
    const arrived = await arrivedAt(simulator);
    const shots = (openings: readonly Opening[]) => openings.flatMap((opening) => arrived(opening).slice(-1));
    return {
      members,
      skewMs: skews[0] ?? Number.NaN,
      onTheDot: shots(ours).map(({ arrivedAt, opensAt }) => arrivedAt - (opensAt ?? Number.NaN)),
      oracle: shots(theirs).map(({ arrivedAt, opensAt }) => arrivedAt - (opensAt ?? Number.NaN)),
      booked: shots(ours).filter(({ answer }) => answer === 'booked').length,
      told,
    };
  } finally {
    control.stop();
  }
}

async function setUp(simulator: BenchSimulator, count: number) {
  const emails = Array.from({ length: count }, (_, index) => `member-${index}@bench.example`);
  const members = await Promise.all(emails.map((email) => simulator.logIn(email)));
  const [first, second] = [await simulator.addClass(LEAD, count), await simulator.addClass(LEAD + BETWEEN, count)];
  const openings = (wanted: BenchClass): readonly Opening[] => members.map((member) => ({ simulator, wanted, member }));
  return { ours: openings(first), theirs: openings(second) };
}

/** Reads a member's bookings at an opening, in the order of arrival: an oracle's lessons come before its shot. */
async function arrivedAt(simulator: BenchSimulator) {
  const key = (classId: string, email: string | null) => `${classId} ${email}`;
  const all = Map.groupBy(await simulator.arrived(), ({ classId, email }) => key(classId, email));
  return ({ wanted, member }: Opening) => all.get(key(wanted.classId, member.email)) ?? [];
}
