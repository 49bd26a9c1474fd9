import { type BookedClass, bookingKey, keysOf, type RecordedBooking } from '../bookings/booking.ts';
import type { Outcome } from '../events/outcome.ts';
import { DAY, HOUR, type Instant } from '../platform/clock.ts';
import { normalizeName } from '../platform/text.ts';
import { type Prebooking, prebookingId } from '../prebookings/prebooking.ts';

/** A class as the calendar shows it. */
export type Entry = {
  /** Identifies the event; it stays the same when the class is booked, moved or cancelled. */
  readonly id: string;
  /** The id of the order, or the key of the booking, that the state comes from. One class may have several of both. */
  readonly stateFrom: string;
  readonly state: 'pending' | 'booked' | 'waitlisted' | 'cancelled' | 'failed';
  /** Why a failed order got no place; null in any other state. */
  readonly outcome: Outcome | null;
  readonly box: string;
  /** AimHarder's id of the relative who attends the class; null for the member. */
  readonly familyId: string | null;
  readonly className: string;
  readonly startsAt: Instant;
  readonly endsAt: Instant;
  /** When bookings open; null unless the class is still to be booked. */
  readonly opensAt: Instant | null;
};

/** The content of one stored item, an order or a booking, about a class. */
type ClassItem = Entry & {
  /** Identifies the class by its slot id; null if the box had not listed the class yet. */
  readonly classKey: string | null;
  /** Identifies the class by its start and name, for items without a slot id. */
  readonly nameKey: string;
  readonly madeAt: Instant;
  readonly changedAt: Instant;
};

/** How long after its start a class is still shown, in milliseconds. */
const SHOWN_FOR = 28 * DAY;

/** How many classes are shown at most: the latest ones. The revisions of all of them must fit into one item of 400 kB. */
const MAX_SHOWN = 1_000;

/** The assumed length of a class whose end is unknown, in milliseconds. Most classes last an hour. */
const USUAL_LENGTH = HOUR;

/**
 * Lists a member's classes for the calendar: one entry per class, by start.
 *
 * @param isShown tells whether the feed already shows an event with this id. If several items are about one class, its entry
 *   keeps such an id.
 */
export function buildAgenda(
  email: string,
  prebookings: readonly Prebooking[],
  bookings: readonly RecordedBooking[],
  now: Instant,
  isShown: (id: string) => boolean = () => false,
): readonly Entry[] {
  const cancelledAt = new Map(
    bookings.flatMap((booking) => {
      const { cancelledAt: at } = booking;
      return at === null ? [] : keysOf(booking).map((key) => [key, at] as const);
    }),
  );
  const orders = prebookings.map((prebooking) => readPrebooking(prebooking, cancelledAt));
  const booked = bookings.flatMap((booking) => readBooking(email, booking));
  const items = [...orders, ...separateFromOrders(booked, orders)].filter(({ startsAt }) => startsAt > now - SHOWN_FOR);
  return groupByClass(items)
    .map((group) => mergeItems(group, isShown))
    .toSorted((first, second) => first.startsAt - second.startsAt || (first.id < second.id ? -1 : 1))
    .slice(-MAX_SHOWN);
}

function readPrebooking(prebooking: Prebooking, cancelledAt: ReadonlyMap<string, Instant>): ClassItem {
  const { id, box, familyId, className, classStartsAt: startsAt, classEndsAt, createdAt: madeAt } = prebooking;
  const endsAt = classEndsAt ?? startsAt + USUAL_LENGTH;
  const common = {
    ...{ id, stateFrom: id },
    box,
    familyId,
    className,
    startsAt,
    endsAt,
    opensAt: null,
    outcome: null,
    madeAt,
    ...identifyClass(prebooking),
  };
  switch (prebooking.status) {
    case 'pending':
    case 'firing':
      return { ...common, state: 'pending', opensAt: prebooking.opensAt, changedAt: madeAt };
    case 'booked':
    case 'waitlisted': {
      const { bookingId } = prebooking.result;
      const cancelled = bookingId === null ? null : cancelledAt.get(bookingKey(box, bookingId));
      if (cancelled) return { ...common, state: 'cancelled', changedAt: cancelled };
      return { ...common, state: prebooking.status, changedAt: prebooking.promotedAt ?? prebooking.endedAt };
    }
    case 'failed':
      return { ...common, state: 'failed', outcome: prebooking.result.outcome, changedAt: prebooking.endedAt };
    case 'cancelled':
      return { ...common, state: 'cancelled', changedAt: prebooking.endedAt };
  }
}

function readBooking(email: string, { key, booked, cancelledAt }: RecordedBooking): readonly ClassItem[] {
  if (booked === null) return [];
  const { box, familyId, className, classStartsAt: startsAt, classEndsAt, kind, at: madeAt, promotedAt } = booked;
  return [
    {
      id: prebookingId(email, booked),
      stateFrom: key,
      state: cancelledAt === null ? kind : 'cancelled',
      box,
      familyId,
      className,
      startsAt,
      endsAt: classEndsAt ?? startsAt + USUAL_LENGTH,
      opensAt: null,
      outcome: null,
      madeAt,
      changedAt: cancelledAt ?? promotedAt ?? madeAt,
      ...identifyClass(booked),
    },
  ];
}

function identifyClass({
  box,
  day,
  familyId,
  classId,
  className,
  classStartsAt,
}: Omit<BookedClass, 'classId'> & { readonly classId: string | null }): Pick<ClassItem, 'classKey' | 'nameKey'> {
  const key = (...parts: readonly unknown[]) => JSON.stringify([box, familyId, ...parts]);
  return {
    classKey: classId === null ? null : key(day, classId),
    nameKey: key(classStartsAt, normalizeName(className)),
  };
}

/**
 * Gives bookings an id of their own if an order of another class has their id. This happens when the box replaces a class: the
 * order is fired for the new class, and the member then books the old one at its new hour.
 */
function separateFromOrders(bookings: readonly ClassItem[], orders: readonly ClassItem[]): readonly ClassItem[] {
  const ordered = new Map(orders.map((order) => [order.id, order]));
  const isOfAnotherClass = ({ id, classKey, nameKey }: ClassItem): boolean => {
    const order = ordered.get(id);
    return order !== undefined && !isUnlisted(order) && order.classKey !== classKey && order.nameKey !== nameKey;
  };
  const idsOfOtherOrders = new Set(bookings.filter(isOfAnotherClass).map(({ id }) => id));
  return bookings.map((booking) =>
    idsOfOtherOrders.has(booking.id) ? { ...booking, id: `${booking.id}-at-once` } : booking,
  );
}

/**
 * Groups the items by class. An item without a slot id belongs to the class with the same start and name. If two such classes
 * exist, it belongs to the class that was ordered or booked first.
 */
function groupByClass(items: readonly ClassItem[]): readonly (readonly ClassItem[])[] {
  const groups = new Map<string, ClassItem[]>();
  const [unlisted, listed] = [items.filter(isUnlisted), items.filter((item) => !isUnlisted(item))];
  for (const item of [...listed.toSorted((first, second) => first.madeAt - second.madeAt), ...unlisted]) {
    const keys = [`id ${item.id}`, isUnlisted(item) ? `name ${item.nameKey}` : `class ${item.classKey}`];
    const known = keys.map((key) => groups.get(key)).filter((group) => group !== undefined);
    // One item may show that two groups are about the same class. The keys of both then lead to one group.
    const [group = [], ...others] = new Set(known);
    group.push(item, ...others.flat());
    for (const [key, other] of groups) if (others.includes(other)) groups.set(key, group);
    for (const key of keys) groups.set(key, group);
    if (!groups.has(`name ${item.nameKey}`)) groups.set(`name ${item.nameKey}`, group);
  }
  return [...new Set(groups.values())];
}

const isUnlisted = ({ classKey }: ClassItem): boolean => classKey === null;

/**
 * Builds the entry of a class from the item that has changed last. Cancelled and failed items count only if there is no other item:
 * they must not hide a place that the member has, or an order that is still to be fired.
 */
function mergeItems(items: readonly ClassItem[], isShown: (id: string) => boolean): Entry {
  const active = items.filter(({ state }) => state !== 'cancelled' && state !== 'failed');
  const last = (active.length > 0 ? active : items).reduce((latest, item) =>
    item.changedAt >= latest.changedAt ? item : latest,
  );
  const { stateFrom, state, outcome, box, familyId, className, startsAt, endsAt, opensAt } = last;
  return {
    id: chooseId(items, isShown),
    stateFrom,
    state,
    outcome,
    box,
    familyId,
    className,
    startsAt,
    endsAt,
    opensAt,
  };
}

/** Chooses the id of a class: the id that the feed shows already, or else that of the first order or booking. */
function chooseId(items: readonly ClassItem[], isShown: (id: string) => boolean): string {
  const [shown] = items
    .map(({ id }) => id)
    .filter(isShown)
    .toSorted();
  return shown ?? items.reduce((earliest, item) => (item.madeAt < earliest.madeAt ? item : earliest)).id;
}
