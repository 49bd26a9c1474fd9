import * as z from 'zod/mini';
import { DAY, HOUR, type Instant, MINUTE } from '../../lib/platform/clock.ts';
import { plusDays, toWallTime, type WallTime } from './calendar.ts';
import { computeStart, listOffers, SimulatedClass } from './catalogue.ts';
import { BOXES, DEMO, findBox, type SimulatedBox } from './members.ts';
import { computeOpening } from './openings.ts';
import type { Store } from './sqlite-store.ts';
import { findRule, type Switches } from './switches.ts';

/** The options of an added class. Its opening is `opensInMs`, `opensAt`, or follows from `day` and `time` by the box's rule. */
export const AddClass = z.object({
  box: z.optional(z.string()),
  /** How long after the class was added it opens, in milliseconds. */
  opensInMs: z.optional(z.number()),
  /** An instant in epoch milliseconds, or ISO 8601. */
  opensAt: z.optional(z.union([z.number(), z.string()])),
  /** How long after the class was added it starts, in milliseconds. */
  startsInMs: z.optional(z.number()),
  /** With `time`: the start on the box's wall clock, instead of `startsInMs`. */
  day: z.optional(z.string()),
  time: z.optional(z.string()),
  capacity: z.optional(z.number()),
  waitlist: z.optional(z.number()),
  name: z.optional(z.string()),
  competitors: z.optional(z.number()),
  fillMs: z.optional(z.number()),
  cancelled: z.optional(z.boolean()),
  staffOnly: z.optional(z.boolean()),
});
export type AddClass = Readonly<z.infer<typeof AddClass>>;

/** A change of an added class by its box. */
export const ChangeClass = z.object({
  /** The class stays listed, with `cancelledId` set. */
  cancelled: z.optional(z.boolean()),
  /** The new start on the box's wall clock, on the same day. The opening moves with the start. */
  time: z.optional(z.string()),
  name: z.optional(z.string()),
});
export type ChangeClass = Readonly<z.infer<typeof ChangeClass>>;

const compareTimes = (left: SimulatedClass, right: SimulatedClass): number =>
  Number(left.time > right.time) - Number(left.time < right.time);

const toKey = ({ box }: { readonly box: string }, day: string): string => `${box} ${day}`;

/** The day from which the ids of generated classes count, in epoch milliseconds. */
const EPOCH_DAY = Date.parse('2020-01-01T00:00:00Z');

/** Computes the id of a generated class from box, day and index. The ids of added classes are higher. */
const slotId = (box: SimulatedBox, day: string, index: number): number =>
  (BOXES.indexOf(box) + 1) * 10_000_000 + ((Date.parse(`${day}T00:00:00Z`) - EPOCH_DAY) / DAY) * 100 + index;

const FIRST_ADDED_ID = 900_000_001;

/** A class without a given start begins at least this long after it was added, in milliseconds. */
const DEFAULT_STARTS_IN = 3 * DAY;

/** Stores the classes of all boxes: those that the seed generates for every day, and those that tests add. */
export class Timetable {
  readonly #store: Store;
  readonly #switches: () => Switches;
  readonly #added = new Map<string, SimulatedClass>();
  readonly #addedByDay = new Map<string, SimulatedClass[]>();
  readonly #generated = new Map<string, readonly SimulatedClass[]>();
  #generatedFor: Switches;

  constructor(store: Store, switches: () => Switches) {
    this.#store = store;
    this.#switches = switches;
    this.#generatedFor = switches();
    for (const value of store.all('class')) this.#index(SimulatedClass.parse(value));
  }

  /** Lists a day's classes by time. */
  onDay(box: SimulatedBox, day: string): readonly SimulatedClass[] {
    if (!/^\d{4}-\d{2}-\d{2}$/.test(day) || Number.isNaN(Date.parse(day))) return [];
    const extra = this.#addedByDay.get(toKey(box, day));
    return extra ? [...this.#generate(box, day), ...extra].sort(compareTimes) : this.#generate(box, day);
  }

  find(box: SimulatedBox, day: string, classId: string): SimulatedClass | undefined {
    const gymClass = this.#added.get(classId);
    if (gymClass) return gymClass.box === box.box && gymClass.day === day ? gymClass : undefined;
    return this.onDay(box, day).find((other) => other.classId === classId);
  }

  findAdded(classId: string): SimulatedClass | undefined {
    return this.#added.get(classId);
  }

  /** Adds a class. @throws Error if the box is unknown, or no opening is given. */
  add(wanted: AddClass, now: Instant): SimulatedClass {
    const box = findBox(wanted.box ?? DEMO.box);
    if (!box) throw new Error(`no box named ${wanted.box}`);
    const opensAt = readOpening(wanted, now) ?? this.#openingByRule(wanted, box);
    if (opensAt === undefined) throw new Error('a class needs opensInMs or opensAt, or a day and time');
    const gymClass: SimulatedClass = {
      classId: this.#nextId(),
      box: box.box,
      ...this.#chooseStart(wanted, box, now, opensAt),
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
    return this.#save(gymClass);
  }

  /** Changes an added class. @throws Error if the id is unknown. */
  change(classId: string, { cancelled, time, name }: ChangeClass): SimulatedClass {
    const gymClass = this.#findOrThrow(classId);
    const { timezone } = findBox(gymClass.box) ?? BOXES[0];
    const moved = { ...gymClass, time: time ?? gymClass.time, name: name ?? gymClass.name };
    const opensAt = gymClass.opensAt + computeStart(moved, timezone) - computeStart(gymClass, timezone);
    return this.#save({ ...moved, opensAt, cancelled: cancelled ?? gymClass.cancelled });
  }

  /** Copies an added class under a new id. @throws Error if the id is unknown. */
  double(classId: string): SimulatedClass {
    return this.#save({ ...this.#findOrThrow(classId), classId: this.#nextId(), cancelled: false });
  }

  /**
   * Finds the first generated class that opens in more than five minutes, or one `offset` classes later.
   *
   * @throws Error if the next 60 days have no such class.
   */
  findNotYetOpen(box: SimulatedBox, now: Instant, offset: number): SimulatedClass {
    const today = toWallTime(now, box.timezone).day;
    const soonest = now + 5 * MINUTE;
    const days = Array.from({ length: 60 }, (_, index) => plusDays(today, index));
    const later = days.flatMap((day) => this.#generate(box, day)).filter(({ opensAt }) => opensAt > soonest);
    const found = later[offset];
    if (!found) throw new Error('no class opens that late');
    return found;
  }

  #nextId(): string {
    return String(FIRST_ADDED_ID + this.#added.size);
  }

  #findOrThrow(classId: string): SimulatedClass {
    const gymClass = this.#added.get(classId);
    if (!gymClass) throw new Error(`no added class has the id ${classId}`);
    return gymClass;
  }

  #save(gymClass: SimulatedClass): SimulatedClass {
    this.#index(gymClass);
    this.#store.put('class', gymClass.classId, gymClass);
    return gymClass;
  }

  #index(gymClass: SimulatedClass): void {
    this.#added.set(gymClass.classId, gymClass);
    const key = toKey(gymClass, gymClass.day);
    const others = (this.#addedByDay.get(key) ?? []).filter(({ classId }) => classId !== gymClass.classId);
    this.#addedByDay.set(key, [...others, gymClass]);
  }

  /** Generates the classes of a day. Keeps them until a switch changes. */
  #generate(box: SimulatedBox, day: string): readonly SimulatedClass[] {
    if (this.#generatedFor !== this.#switches()) this.#generated.clear();
    this.#generatedFor = this.#switches();
    const key = toKey(box, day);
    const known = this.#generated.get(key);
    if (known) return known;
    const { competitors, seed } = this.#generatedFor;
    const rule = findRule(this.#generatedFor, box.box);
    const classes = listOffers(box.box, day, seed).map(({ index, ...offered }) => ({
      classId: String(slotId(box, day, index)),
      box: box.box,
      day,
      minutes: 60,
      ...offered,
      competitors,
      opensAt: computeOpening({ day, time: offered.time }, rule, box.timezone),
    }));
    this.#generated.set(key, classes);
    return classes;
  }

  #chooseStart({ day, time, startsInMs }: AddClass, box: SimulatedBox, now: Instant, opensAt: Instant): WallTime {
    if (day !== undefined && time !== undefined) return { day, time };
    // Each added class starts a minute later than the previous one, so that a member can book several of them. The 601st starts
    // again at the earliest time.
    const defaultStartsInMs = Math.max(DEFAULT_STARTS_IN, opensAt - now + HOUR) + (this.#added.size % 600) * MINUTE;
    return toWallTime(now + (startsInMs ?? defaultStartsInMs), box.timezone);
  }

  #openingByRule({ day, time }: AddClass, { box, timezone }: SimulatedBox): Instant | undefined {
    if (day === undefined || time === undefined) return undefined;
    return computeOpening({ day, time }, findRule(this.#switches(), box), timezone);
  }
}

/**
 * Reads the opening from the options. It is in whole milliseconds, because `describeClass` formats it as ISO 8601 text.
 *
 * @returns undefined if the options state no opening, or a malformed one.
 */
function readOpening({ opensAt, opensInMs }: AddClass, now: Instant): Instant | undefined {
  const byDelay = opensInMs === undefined ? undefined : now + opensInMs;
  const opening = typeof opensAt === 'string' ? Date.parse(opensAt) : (opensAt ?? byDelay);
  return opening !== undefined && Number.isFinite(opening) ? Math.round(opening) : undefined;
}

/** Describes a class for a client that will order it. */
export const describeClass = ({ box, day, classId, name, time, opensAt }: SimulatedClass) => ({
  box,
  boxId: findBox(box)?.boxId ?? '',
  day,
  classId,
  name,
  time,
  opensAt: new Date(opensAt).toISOString(),
});
