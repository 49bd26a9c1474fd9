import { DAY, HOUR, type Instant, MINUTE } from '../../../lib/platform/clock.ts';
import { instantOf, plusDays, wallOf, weekdayOf } from './calendar.ts';
import { BOXES, boxNamed, DEMO, type GymBox } from './members.ts';
import { openingOf } from './opening.ts';
import { between, seededRandom } from './random.ts';
import type { Store } from './store.ts';
import type { Competitors, Switches } from './switches.ts';

export type GymClass = {
  readonly classId: string;
  readonly box: string;
  readonly day: string;
  readonly time: string;
  readonly minutes: number;
  readonly name: string;
  readonly coach: string;
  readonly capacity: number;
  /** Places to wait in; 0: no waitlist. */
  readonly waitlist: number;
  readonly opensAt: Instant;
  readonly competitors: Competitors;
};

export type AddClass = {
  readonly box?: string | undefined;
  readonly opensInMs?: number | undefined;
  readonly opensAt?: Instant | string | undefined;
  readonly startsInMs?: number | undefined;
  readonly capacity?: number | undefined;
  readonly waitlist?: number | undefined;
  readonly name?: string | undefined;
  readonly competitors?: number | undefined;
  readonly fillMs?: number | undefined;
};

/** What every day offers, Sundays excepted. */
const DAILY: readonly (readonly [time: string, name: string, coach: string, capacity: number, waitlist: number])[] = [
  ['07:00', 'WOD', 'Marta', 14, 4],
  ['08:00', 'WOD', 'Marta', 14, 4],
  ['09:30', 'OPEN BOX', 'Pau', 10, 0],
  ['09:30', 'WOD', 'Marta', 14, 4],
  ['13:00', 'HALTEROFILIA', 'Pau', 8, 2],
  ['17:00', 'WOD', 'Iker', 14, 4],
  ['18:00', 'WOD', 'Iker', 14, 4],
  ['18:00', 'GIMNÁSTICOS', 'Núria', 10, 2],
  ['19:00', 'WOD', 'Iker', 14, 4],
  ['20:00', 'OPEN BOX', 'Núria', 10, 0],
];

const EPOCH_DAY = Date.parse('2020-01-01T00:00:00Z');

/** Slot ids are new per date and box; added classes count up from far above. */
const slotId = (box: GymBox, day: string, index: number): number =>
  (BOXES.indexOf(box) + 1) * 10_000_000 + ((Date.parse(`${day}T00:00:00Z`) - EPOCH_DAY) / DAY) * 100 + index;
const FIRST_ADDED = 900_000_001;

/** Added classes start about this long after they were added. */
const STARTS_IN = 3 * DAY;

export function timetable(store: Store, switches: () => Switches) {
  const added = new Map(store.all('class').map((value) => [(value as GymClass).classId, value as GymClass]));
  const generated = new Map<string, readonly GymClass[]>();

  function generate(box: GymBox, day: string): readonly GymClass[] {
    const { rule, competitors } = switches();
    const key = `${box.box} ${day} ${JSON.stringify([rule, competitors])}`;
    const known = generated.get(key);
    if (known) return known;
    const offered = weekdayOf(day) === 7 ? DAILY.slice(2, 4) : DAILY;
    const classes = offered.map(([time, name, coach, capacity, waitlist], index) => ({
      classId: String(slotId(box, day, index)),
      box: box.box,
      ...{ day, time, minutes: 60, name, coach, capacity, waitlist, competitors },
      opensAt: openingOf({ day, time }, rule, box.timezone),
    }));
    generated.set(key, classes);
    return classes;
  }

  function onDay(box: GymBox, day: string): readonly GymClass[] {
    if (!/^\d{4}-\d{2}-\d{2}$/.test(day) || Number.isNaN(Date.parse(day))) return [];
    const extra = [...added.values()].filter((one) => one.box === box.box && one.day === day);
    return [...generate(box, day), ...extra].sort((a, b) => a.time.localeCompare(b.time));
  }

  return {
    onDay,

    find: (box: GymBox, day: string, classId: string): GymClass | undefined =>
      onDay(box, day).find((one) => one.classId === classId),

    /** @throws Error when the box is unknown, or no opening is given. */
    add(wanted: AddClass, now: Instant): GymClass {
      const box = boxNamed(wanted.box ?? DEMO.box);
      if (!box) throw new Error(`no box named ${wanted.box}`);
      const opensAt = openingIn(wanted, now);
      // A minute later each, lest one member's bookings collide with each other.
      const startsAt =
        now + (wanted.startsInMs ?? Math.max(STARTS_IN, opensAt - now + HOUR) + (added.size % 600) * MINUTE);
      const one: GymClass = {
        classId: String(FIRST_ADDED + added.size),
        box: box.box,
        ...wallOf(startsAt, box.timezone),
        minutes: 60,
        name: wanted.name ?? 'WOD',
        coach: 'Marta',
        capacity: wanted.capacity ?? 14,
        waitlist: wanted.waitlist ?? 0,
        opensAt,
        competitors: { count: wanted.competitors ?? 0, fillMs: wanted.fillMs ?? 5_000 },
      };
      added.set(one.classId, one);
      store.put('class', one.classId, one);
      return one;
    },

    added: (classId: string): GymClass | undefined => added.get(classId),

    /** A generated class that does not open within the next minutes; `offset` counts on from the first. */
    notYetOpen(box: GymBox, now: Instant, offset: number): GymClass {
      const today = wallOf(now, box.timezone).day;
      const soonest = now + 5 * MINUTE;
      const days = Array.from({ length: 60 }, (_, index) => plusDays(today, index));
      const later = days.flatMap((day) => generate(box, day)).filter(({ opensAt }) => opensAt > soonest);
      const found = later[offset];
      if (!found) throw new Error('no class opens that late');
      return found;
    },
  };
}

export type Timetable = ReturnType<typeof timetable>;

/** Whole milliseconds, as an ISO text can carry them. @throws Error without an opening. */
function openingIn({ opensAt, opensInMs }: AddClass, now: Instant): Instant {
  const opening = typeof opensAt === 'string' ? Date.parse(opensAt) : (opensAt ?? now + (opensInMs ?? Number.NaN));
  if (!Number.isFinite(opening)) throw new Error('a class needs opensInMs or opensAt');
  return Math.round(opening);
}

export const startOf = ({ day, time }: GymClass, timezone: string): Instant => instantOf({ day, time }, timezone);

/** When each competitor's booking arrives: the same moments for the same seed. */
export function competitorArrivals({ classId, opensAt, competitors }: GymClass, seed: number): readonly Instant[] {
  const random = seededRandom(seed, `competitors ${classId}`);
  return Array.from({ length: competitors.count }, () => opensAt + between(random, 0, competitors.fillMs)).sort(
    (a, b) => a - b,
  );
}

export const competitorsBy = (one: GymClass, at: Instant, seed: number): number =>
  competitorArrivals(one, seed).filter((arrival) => arrival <= at).length;

export const describeClass = ({ box, day, classId, name, time, opensAt }: GymClass) => ({
  box,
  boxId: boxNamed(box)?.boxId ?? '',
  ...{ day, classId, name, time },
  opensAt: new Date(opensAt).toISOString(),
});
