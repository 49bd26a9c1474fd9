import { SECOND } from '../../../lib/platform/clock.ts';
import type { BenchGym } from '../gyms.ts';
import { oraclesFor } from './oracle.ts';
import { arrivedAtAll, enliven, stillGyms } from './setting.ts';
import { type Opening, onTheDot, oracle, type Told } from './ways.ts';

/** Many members, one opening, one process: what came of each, in milliseconds after the opening by the gym's clock. */
export type Crowd = {
  readonly members: number;
  readonly skewMs: number;
  readonly onTheDot: readonly number[];
  /** As many oracles at another opening of the same gym. */
  readonly oracle: readonly number[];
  readonly booked: number;
  readonly told: readonly Told[];
};

/** Until ours, in milliseconds: the members log in, the oracles learn, the calibrations run. The oracles' is later. */
const LEAD = 55 * SECOND;
const BETWEEN = 5 * SECOND;

export async function crowd(members: number, seed: number): Promise<Crowd> {
  const { gyms, skews, ...control } = await stillGyms(1, seed);
  const signal = new AbortController().signal;
  try {
    const [gym] = gyms;
    if (!gym) throw new Error('a crowd needs a gym');
    const sessions = await Promise.all(Array.from({ length: members }, (_, index) => gym.logIn(`member-${index}@bench.example`)));
    const at = async (opensInMs: number): Promise<readonly Opening[]> => {
      const wanted = await gym.addClass(opensInMs, members);
      return sessions.map((session) => ({ gym, wanted, session }));
    };
    const ours = await at(LEAD);
    const theirs = await at(LEAD + BETWEEN);
    const oracles = await oraclesFor(theirs, () => lessonsIn(gym), signal);
    await enliven({ gyms, ...control });
    const [told] = await Promise.all([
      Promise.all(ours.map((opening) => onTheDot(opening, signal))),
      Promise.all(theirs.map((opening, index) => letShoot(opening, oracles[index], signal))),
    ]);
    const arrived = (await arrivedAtAll(gyms)).get(gym);
    const late = ({ wanted }: Opening) =>
      [...(arrived?.get(wanted.classId) ?? [])].map(({ arrivedAt }) => arrivedAt - wanted.opensAt).filter((millis) => millis > -10 * SECOND);
    const booked = arrived?.get(ours[0]?.wanted.classId ?? '')?.filter(({ answer }) => answer === 'booked').length ?? 0;
    return { members, skewMs: skews[0] ?? 0, onTheDot: ours.slice(0, 1).flatMap(late), oracle: theirs.slice(0, 1).flatMap(late), booked, told };
  } finally {
    control.stop();
  }
}

/** Each oracle's own lessons: all members asked for the same class. */
async function lessonsIn(gym: BenchGym) {
  const all = await gym.arrived();
  const byMember = Map.groupBy(all, ({ email, classId }) => `${classId} ${email}`);
  return ({ wanted, session }: Opening) => byMember.get(`${wanted.classId} ${session.email}`) ?? [];
}

async function letShoot(opening: Opening, known: Parameters<typeof oracle>[1] | undefined, signal: AbortSignal): Promise<void> {
  if (!known) throw new Error('each member has an oracle');
  await oracle(opening, known, signal);
}
