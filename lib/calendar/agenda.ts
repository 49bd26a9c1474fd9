import { type BookedClass, bookingKey, type RecordedBooking } from '../bookings/booking.ts';
import type { Outcome } from '../events/outcome.ts';
import { DAY, HOUR, type Instant } from '../platform/clock.ts';
import { normalizeName } from '../platform/text.ts';
import { type Prebooking, prebookingId } from '../prebookings/prebooking.ts';

/** A class as the calendar shows it. */
export type Entry = {
  /** Identifies the event; it stays the same when the class is booked, moved or cancelled. */
  readonly id: string;
  /** The id of the order or booking that tells the state. Several may be about one class. */
  readonly toldBy: string;
  readonly state: 'pending' | 'booked' | 'waitlisted' | 'cancelled' | 'failed';
  /** Why a failed order got no place; null in any other state. */
  readonly outcome: Outcome | null;
  readonly box: string;
  readonly className: string;
  readonly startsAt: Instant;
  readonly endsAt: Instant;
  /** When bookings open; null unless the class is still to be booked. */
  readonly opensAt: Instant | null;
};

/** What one stored item, an order or a booking, says of a class. */
type Fact = Omit<Entry, 'toldBy'> & {
  /** The class among all classes of its member; null while the box has not listed it. */
  readonly classKey: string | null;
  /** The name and the hour of the class, which stand for it while it has no slot id. */
  readonly slot: string;
  readonly madeAt: Instant;
  readonly changedAt: Instant;
};

/** How long after its start a class is still shown. */
const SHOWN_FOR = 28 * DAY;

/** The most classes that are shown, the last ones: what is remembered of each must fit into one item of 400 kB. */
const MOST_SHOWN = 1_000;

/** The assumed length of a class whose end is unknown. Most classes last an hour. */
const USUAL_LENGTH = HOUR;

/**
 * Lists a member's classes for the calendar: one entry per class, by start.
 *
 * @param isShown whether the feed already shows an event with this id. Such an id is kept when several items are about one
 *   class.
 */
export function agenda(
  email: string,
  prebookings: readonly Prebooking[],
  bookings: readonly RecordedBooking[],
  now: Instant,
  isShown: (id: string) => boolean = () => false,
): readonly Entry[] {
  const cancelledAt = new Map(bookings.map((booking) => [booking.key, booking.cancelledAt]));
  const facts = [
    ...prebookings.map((prebooking) => readPrebooking(prebooking, cancelledAt)),
    ...bookings.flatMap((booking) => readBooking(email, booking)),
  ].filter(({ startsAt }) => startsAt > now - SHOWN_FOR);
  return groupByClass(facts)
    .map((group) => mergeFacts(group, isShown))
    .toSorted((one, other) => one.startsAt - other.startsAt || (one.id < other.id ? -1 : 1))
    .slice(-MOST_SHOWN);
}

function readPrebooking(prebooking: Prebooking, cancelledAt: ReadonlyMap<string, Instant | null>): Fact {
  const { id, box, className, classStartsAt: startsAt, classEndsAt, createdAt: madeAt } = prebooking;
  const endsAt = classEndsAt ?? startsAt + USUAL_LENGTH;
  const shown = {
    id,
    box,
    className,
    startsAt,
    endsAt,
    opensAt: null,
    outcome: null,
    madeAt,
    ...whichClass(prebooking),
  };
  switch (prebooking.status) {
    case 'pending':
    case 'firing':
      return { ...shown, state: 'pending', opensAt: prebooking.opensAt, changedAt: madeAt };
    case 'booked':
    case 'waitlisted': {
      const { bookingId } = prebooking.result;
      const cancelled = bookingId === null ? null : cancelledAt.get(bookingKey(box, bookingId));
      if (cancelled) return { ...shown, state: 'cancelled', changedAt: cancelled };
      return { ...shown, state: prebooking.status, changedAt: prebooking.endedAt };
    }
    case 'failed':
      return { ...shown, state: 'failed', outcome: prebooking.result.outcome, changedAt: prebooking.endedAt };
    case 'cancelled':
      return { ...shown, state: 'cancelled', changedAt: prebooking.endedAt };
  }
}

function readBooking(email: string, { booked, cancelledAt }: RecordedBooking): readonly Fact[] {
  if (booked === null) return [];
  const { box, className, classStartsAt: startsAt, classEndsAt, kind, at: madeAt } = booked;
  return [
    {
      id: prebookingId(email, booked),
      state: cancelledAt === null ? kind : 'cancelled',
      ...{ box, className, startsAt, endsAt: classEndsAt ?? startsAt + USUAL_LENGTH, opensAt: null, outcome: null },
      ...{ madeAt, changedAt: cancelledAt ?? madeAt, ...whichClass(booked) },
    },
  ];
}

function whichClass({
  box,
  day,
  familyId,
  classId,
  className,
  classStartsAt,
}: Omit<BookedClass, 'classId'> & { readonly classId: string | null }): Pick<Fact, 'classKey' | 'slot'> {
  const key = (...parts: readonly unknown[]) => JSON.stringify([box, familyId, ...parts]);
  return {
    classKey: classId === null ? null : key(day, classId),
    slot: key(classStartsAt, normalizeName(className)),
  };
}

/**
 * Groups the facts about one class. A class that was ordered before its box listed it is the listed one of that name and
 * hour; of two alike, the one that the member dealt with first.
 */
function groupByClass(facts: readonly Fact[]): readonly (readonly Fact[])[] {
  const groups = new Map<string, Fact[]>();
  const [unlisted, listed] = [facts.filter(isUnlisted), facts.filter((fact) => !isUnlisted(fact))];
  for (const fact of [...listed.toSorted((one, other) => one.madeAt - other.madeAt), ...unlisted]) {
    const keys = [`id ${fact.id}`, isUnlisted(fact) ? `slot ${fact.slot}` : `class ${fact.classKey}`];
    const known = keys.map((key) => groups.get(key)).filter((group) => group !== undefined);
    // One fact may show that two classes, which were taken for different ones, are the same.
    const [group = [], ...others] = new Set(known);
    group.push(fact, ...others.flat());
    for (const [key, other] of groups) if (others.includes(other)) groups.set(key, group);
    for (const key of keys) groups.set(key, group);
    if (!groups.has(`slot ${fact.slot}`)) groups.set(`slot ${fact.slot}`, group);
  }
  return [...new Set(groups.values())];
}

const isUnlisted = ({ classKey }: Fact): boolean => classKey === null;

/**
 * Makes the entry of a class. A place that is held, or an order that is still to be fired, is not hidden by another order or
 * booking of the class that came to nothing. Otherwise the latest fact counts.
 */
function mergeFacts(facts: readonly Fact[], isShown: (id: string) => boolean): Entry {
  const standing = facts.filter(({ state }) => state !== 'cancelled' && state !== 'failed');
  const last = (standing.length > 0 ? standing : facts).reduce((one, other) =>
    other.changedAt >= one.changedAt ? other : one,
  );
  const { classKey: _, slot: __, madeAt: ___, changedAt: ____, ...entry } = last;
  return { ...entry, id: chooseId(facts, isShown), toldBy: last.id };
}

/** Chooses the id of a class: the one that the feed shows already, or else that of the first order or booking. */
function chooseId(facts: readonly Fact[], isShown: (id: string) => boolean): string {
  const [shown] = facts
    .map(({ id }) => id)
    .filter(isShown)
    .toSorted();
  return shown ?? facts.reduce((one, other) => (other.madeAt < one.madeAt ? other : one)).id;
}
