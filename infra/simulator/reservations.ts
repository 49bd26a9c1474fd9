import * as z from 'zod/mini';
import { HOUR, type Instant } from '../../lib/platform/clock.ts';
import { countCompetitorsBy, type SimulatedClass } from './catalogue.ts';
import type { Store } from './sqlite-store.ts';

const Reservation = z.readonly(
  z.object({
    bookingId: z.string(),
    classId: z.string(),
    email: z.string(),
    familyId: z.string(),
    box: z.string(),
    day: z.string(),
    time: z.string(),
    /** The duration of the class in minutes. Absent in a state file of an earlier version, which means 60. */
    minutes: z.optional(z.number()),
    name: z.string(),
    waitlisted: z.boolean(),
  }),
);
export type Reservation = z.infer<typeof Reservation>;

/** A member, or one of the member's family. `familyId` is empty for the member. */
export type Person = { readonly email: string; readonly familyId: string };

/** How many seats of a class are taken, and how many places on its waitlist. */
export type Occupancy = { readonly taken: number; readonly waiting: number };

const toKey = ({ email, familyId }: Person): string => `${email} ${familyId}`;

/** Reservations grouped by a key, each group in the order of the bookings. */
class ReservationGroups {
  readonly #groups = new Map<string, Map<string, Reservation>>();

  get(key: string): readonly Reservation[] {
    return [...(this.#groups.get(key)?.values() ?? [])];
  }

  put(key: string, reservation: Reservation): void {
    const group = this.#groups.get(key) ?? new Map<string, Reservation>();
    this.#groups.set(key, group.set(reservation.bookingId, reservation));
  }

  remove(key: string, { bookingId }: Reservation): void {
    this.#groups.get(key)?.delete(bookingId);
  }
}

/** The state of a reservation from one instant to another. */
type HistoryEntry = { readonly reservation: Reservation; readonly from: Instant; until: Instant };

/** How long earlier states of a reservation are kept, in milliseconds. No `timetableLagMs` is longer. */
const HISTORY_KEPT = HOUR;

/** The first booking id. Later ids count up from it. */
const FIRST_BOOKING_ID = 90_000_001;

/** Stores the seats and waitlist places of members. */
export class Reservations {
  readonly #store: Store;
  /** Returns the seed that the competitors are drawn with. */
  readonly #seed: () => number;
  readonly #byId = new Map<string, Reservation>();
  readonly #byClass = new ReservationGroups();
  readonly #byPerson = new ReservationGroups();
  /** The recent states of the reservations, by person. */
  readonly #history = new Map<string, HistoryEntry[]>();
  #nextId: number;

  constructor(store: Store, seed: () => number) {
    this.#store = store;
    this.#seed = seed;
    const stored = store.all('reservation').map((value) => Reservation.parse(value));
    for (const reservation of stored) {
      this.#index(reservation);
      this.#startHistory(reservation, Number.NEGATIVE_INFINITY);
    }
    this.#nextId = Math.max(FIRST_BOOKING_ID, ...stored.map(({ bookingId }) => Number(bookingId) + 1));
  }

  inClass(classId: string): readonly Reservation[] {
    return this.#byClass.get(classId);
  }

  /** Lists a person's reservations. */
  of(person: Person): readonly Reservation[] {
    return this.#byPerson.get(toKey(person));
  }

  /** Lists a person's reservations as they were `lagMs` milliseconds ago, because a timetable that lags behind shows those. */
  shownTo(person: Person, at: Instant, lagMs: number): readonly Reservation[] {
    if (lagMs <= 0) return this.of(person);
    const shownAt = at - lagMs;
    const entries = this.#history.get(toKey(person)) ?? [];
    return entries
      .filter(({ from, until }) => from <= shownAt && shownAt < until)
      .map(({ reservation }) => reservation);
  }

  /** Finds a reservation of a member or the member's family. */
  find(email: string, bookingId: string): Reservation | undefined {
    const found = this.#byId.get(bookingId);
    return found?.email === email ? found : undefined;
  }

  /** Counts the taken seats and waitlist places of a class. Competitors beyond the capacity are on the waitlist. */
  countOccupancy(gymClass: SimulatedClass, at: Instant): Occupancy {
    const members = this.inClass(gymClass.classId);
    const seatsBooked =
      members.filter(({ waitlisted }) => !waitlisted).length + countCompetitorsBy(gymClass, at, this.#seed());
    const waiting =
      members.filter(({ waitlisted }) => waitlisted).length + Math.max(0, seatsBooked - gymClass.capacity);
    return { taken: Math.min(seatsBooked, gymClass.capacity), waiting: Math.min(waiting, gymClass.waitlist) };
  }

  add(person: Person, gymClass: SimulatedClass, waitlisted: boolean, at: Instant): Reservation {
    const { classId, box, day, time, minutes, name } = gymClass;
    const bookingId = String(this.#nextId);
    this.#nextId += 1;
    return this.#save({ bookingId, classId, ...person, box, day, time, minutes, name, waitlisted }, at);
  }

  /**
   * Removes a reservation. The first person on the waitlist gets the free seat.
   *
   * @param gymClass undefined for a class that the simulator no longer knows: then nobody gets the seat.
   */
  remove(reservation: Reservation, gymClass: SimulatedClass | undefined, at: Instant): void {
    const { bookingId, classId } = reservation;
    this.#byId.delete(bookingId);
    this.#byClass.remove(classId, reservation);
    this.#byPerson.remove(toKey(reservation), reservation);
    this.#store.remove('reservation', bookingId);
    this.#endHistory(reservation, at);
    if (!gymClass || this.countOccupancy(gymClass, at).taken >= gymClass.capacity) return;
    const first = this.inClass(classId).find(({ waitlisted }) => waitlisted);
    if (first) this.#save({ ...first, waitlisted: false }, at);
  }

  #index(reservation: Reservation): void {
    this.#byId.set(reservation.bookingId, reservation);
    this.#byClass.put(reservation.classId, reservation);
    this.#byPerson.put(toKey(reservation), reservation);
  }

  #save(reservation: Reservation, at: Instant): Reservation {
    this.#index(reservation);
    this.#endHistory(reservation, at);
    this.#startHistory(reservation, at);
    this.#store.put('reservation', reservation.bookingId, reservation);
    return reservation;
  }

  /** Records that the reservation has its present state from this instant on, and drops states that are too old to be shown. */
  #startHistory(reservation: Reservation, from: Instant): void {
    const key = toKey(reservation);
    const entry = { reservation, from, until: Number.POSITIVE_INFINITY };
    const recent = (this.#history.get(key) ?? []).filter(({ until }) => until > from - HISTORY_KEPT);
    this.#history.set(key, [...recent, entry]);
  }

  /** Records that the last recorded state of a reservation ends at this instant. */
  #endHistory({ bookingId, ...person }: Reservation, at: Instant): void {
    for (const entry of this.#history.get(toKey(person)) ?? [])
      if (entry.reservation.bookingId === bookingId) entry.until = Math.min(entry.until, at);
  }
}
