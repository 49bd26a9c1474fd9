import { DAY, HOUR, type Instant, MINUTE } from '../../lib/platform/clock.ts';
import { plusDays, toInstant, toWall, type Wall, weekdayOf } from './calendar.ts';
import { offersOn, type SimulatedClass } from './catalogue.ts';
import { BOXES, DEMO, findBox, type SimulatedBox } from './members.ts';
import type { Store } from './sqlite-store.ts';
import { type BoxRule, ruleOf, type Switches } from './switches.ts';

export type AddClass = {
  readonly box?: string | undefined;
  readonly opensInMs?: number | undefined;
  readonly opensAt?: Instant | string | undefined;
  readonly startsInMs?: number | undefined;
  /** Instead of `startsInMs`: when it starts on the box's wall clock; without an opening, the box's rule then opens it. */
  readonly day?: string | undefined;
  readonly time?: string | undefined;
  readonly capacity?: number | undefined;
  readonly waitlist?: number | undefined;
  readonly name?: string | undefined;
  readonly competitors?: number | undefined;
  readonly fillMs?: number | undefined;
  readonly cancelled?: boolean | undefined;
  readonly staffOnly?: boolean | undefined;
};

const byTime = (one: SimulatedClass, other: SimulatedClass): number =>
  Number(one.time > other.time) - Number(one.time < other.time);

const EPOCH_DAY = Date.parse('2020-01-01T00:00:00Z');

/** Slot ids are new per date and box; added classes count up from far above. */
const slotId = (box: SimulatedBox, day: string, index: number): number =>
  (BOXES.indexOf(box) + 1) * 10_000_000 + ((Date.parse(`${day}T00:00:00Z`) - EPOCH_DAY) / DAY) * 100 + index;

const FIRST_ADDED = 900_000_001;

/** Added classes start about this long after they were added. */
const STARTS_IN = 3 * DAY;

export function timetable(store: Store, switches: () => Switches) {
  const added = new Map<string, SimulatedClass>();
  const addedOn = new Map<string, SimulatedClass[]>();
  for (const value of store.all('class')) remember(value as SimulatedClass);
  const generated = new Map<string, readonly SimulatedClass[]>();
  let generatedFor = switches();

  function remember(one: SimulatedClass): void {
    added.set(one.classId, one);
    const key = `${one.box} ${one.day}`;
    addedOn.set(key, [...(addedOn.get(key) ?? []), one]);
  }

  /** Drawn up once for a day, and anew when a switch was thrown. */
  function generate(box: SimulatedBox, day: string): readonly SimulatedClass[] {
    if (generatedFor !== switches()) generated.clear();
    generatedFor = switches();
    const key = `${box.box} ${day}`;
    const known = generated.get(key);
    if (known) return known;
    const { competitors, seed } = generatedFor;
    const rule = ruleOf(generatedFor, box.box);
    const classes = offersOn(box.box, day, seed).map(({ index, ...offered }) => ({
      classId: String(slotId(box, day, index)),
      box: box.box,
      day,
      minutes: 60,
      ...offered,
      competitors,
      opensAt: openingOf({ day, time: offered.time }, rule, box.timezone),
    }));
    generated.set(key, classes);
    return classes;
  }

  function onDay(box: SimulatedBox, day: string): readonly SimulatedClass[] {
    if (!/^\d{4}-\d{2}-\d{2}$/.test(day) || Number.isNaN(Date.parse(day))) return [];
    const extra = addedOn.get(`${box.box} ${day}`);
    return extra ? [...generate(box, day), ...extra].sort(byTime) : generate(box, day);
  }

  function startIn({ day, time, startsInMs }: AddClass, box: SimulatedBox, now: Instant, opensAt: Instant): Wall {
    if (day !== undefined && time !== undefined) return { day, time };
    // A minute later each, lest one member's bookings collide with each other.
    const later = Math.max(STARTS_IN, opensAt - now + HOUR) + (added.size % 600) * MINUTE;
    return toWall(now + (startsInMs ?? later), box.timezone);
  }

  function openingByRule({ day, time }: AddClass, { box, timezone }: SimulatedBox): Instant | undefined {
    if (day === undefined || time === undefined) return undefined;
    return openingOf({ day, time }, ruleOf(switches(), box), timezone);
  }

  return {
    onDay,

    find(box: SimulatedBox, day: string, classId: string): SimulatedClass | undefined {
      const one = added.get(classId);
      if (one) return one.box === box.box && one.day === day ? one : undefined;
      return onDay(box, day).find((other) => other.classId === classId);
    },

    /** @throws Error when the box is unknown, or no opening is given. */
    add(wanted: AddClass, now: Instant): SimulatedClass {
      const box = findBox(wanted.box ?? DEMO.box);
      if (!box) throw new Error(`no box named ${wanted.box}`);
      const opensAt = openingIn(wanted, now) ?? openingByRule(wanted, box);
      if (opensAt === undefined) throw new Error('a class needs opensInMs or opensAt, or a day and time');
      const one: SimulatedClass = {
        classId: String(FIRST_ADDED + added.size),
        box: box.box,
        ...startIn(wanted, box, now, opensAt),
        minutes: 60,
        name: wanted.name ?? 'WOD',
        coach: 'Marta',
        capacity: wanted.capacity ?? 14,
        waitlist: wanted.waitlist ?? 0,
        opensAt,
        competitors: { count: wanted.competitors ?? 0, fillMs: wanted.fillMs ?? 5_000 },
        cancelled: wanted.cancelled ?? false,
        staffOnly: wanted.staffOnly ?? false,
      };
      remember(one);
      store.put('class', one.classId, one);
      return one;
    },

    added: (classId: string): SimulatedClass | undefined => added.get(classId),

    /** A generated class that does not open within the next minutes; `offset` counts on from the first. */
    notYetOpen(box: SimulatedBox, now: Instant, offset: number): SimulatedClass {
      const today = toWall(now, box.timezone).day;
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

/** Whole milliseconds, as an ISO text can carry them. */
function openingIn({ opensAt, opensInMs }: AddClass, now: Instant): Instant | undefined {
  const opening = typeof opensAt === 'string' ? Date.parse(opensAt) : (opensAt ?? now + (opensInMs ?? Number.NaN));
  return Number.isFinite(opening) ? Math.round(opening) : undefined;
}

export const describeClass = ({ box, day, classId, name, time, opensAt }: SimulatedClass) => ({
  box,
  boxId: findBox(box)?.boxId ?? '',
  ...{ day, classId, name, time },
  opensAt: new Date(opensAt).toISOString(),
});

/** When a box opens a class by its rule. Days go by the wall clock, hours are elapsed ones. */
function openingOf(start: Wall, rule: BoxRule, timezone: string): Instant {
  if ('weekday' in rule) return toInstant({ day: weeklyOpening(start.day, rule.weekday), time: rule.time }, timezone);
  if ('daysBefore' in rule) return toInstant({ day: plusDays(start.day, -rule.daysBefore), time: rule.time }, timezone);
  if (rule.unit === 'hours') return toInstant(start, timezone) - rule.amount * HOUR;
  return toInstant({ day: plusDays(start.day, -rule.amount), time: start.time }, timezone);
}

/** The last such weekday before the week that the class is in. */
function weeklyOpening(day: string, weekday: number): string {
  const monday = plusDays(day, 1 - weekdayOf(day));
  return plusDays(monday, weekday - 8);
}
