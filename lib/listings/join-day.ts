import type { ListedClass } from '../aimharder/client.ts';
import { classHours } from '../bookings/class-hours.ts';
import type { ListedDay } from '../bookings/classes.ts';
import type { OpeningRule } from '../boxes/opening-rule.ts';
import { type BoxSettings, timezoneOf } from '../boxes/settings.ts';
import { applyOpeningRule } from '../prebookings/find-opening.ts';
import { isFinished, isUnfinished, type Prebooking } from '../prebookings/prebooking.ts';
import { resolveWanted } from '../prebookings/wanted-class.ts';
import { isClassOf, isWithin, type Routine } from '../routines/routine.ts';
import type { MemberClass } from './class-view.ts';

/** A day of a box, and what is stored of the member. */
type DayToJoin = {
  readonly box: string;
  /** AimHarder's id of one of the member's family; null for the member. */
  readonly familyId: string | null;
  readonly day: ListedDay;
  /** The orders and routines of the member and of the whole family. */
  readonly orders: readonly Prebooking[];
  readonly routines: readonly Routine[];
  /** The opening rule for the member, or for the relative; null if none is known. */
  readonly rule: OpeningRule | null;
};

/** Joins each class of a day with its opening, the member's pre-booking of it, and the member's routine for it. */
export function joinDay(
  deps: { readonly boxSettings: Pick<BoxSettings, 'timezones'> },
  toJoin: DayToJoin,
): readonly MemberClass[] {
  const { box, familyId, orders, routines, rule } = toJoin;
  const { day, classes } = toJoin.day;
  const timezone = timezoneOf(deps.boxSettings, box);
  const orderByClassId = indexByClass(
    orders.filter((order) => order.box === box && order.day === day && order.familyId === familyId),
    classes,
  );
  return classes.map((listed) => {
    const { startsAt, endsAt } = classHours(listed, day, timezone);
    const identity = { box, day, familyId, className: listed.name, classStartsAt: startsAt };
    const order = orderByClassId.get(listed.classId);
    const routine = routines.find(
      (candidate) => isWithin(candidate, day) && isClassOf(candidate, identity, () => timezone),
    );
    const openingRule = routine?.opening ?? rule;
    const openingByRule = openingRule && applyOpeningRule(deps, openingRule, { box, day, classTime: listed.start });
    return {
      listed,
      day,
      startsAt,
      endsAt,
      // AimHarder may have named a later opening for the order than the rule gives.
      opensAt: order && isUnfinished(order) ? order.opensAt : openingByRule,
      prebookingId: order?.id ?? null,
      routineId: routine?.id ?? order?.routineId ?? null,
    };
  });
}

/**
 * Indexes pre-bookings by the slot ids of their classes. A class's pre-booking is the one that is still to be fired, or else the
 * one that made the member's booking.
 */
function indexByClass(orders: readonly Prebooking[], classes: readonly ListedClass[]): ReadonlyMap<string, Prebooking> {
  const byClass = new Map<string, Prebooking>();
  // Unfinished orders come last, so that they replace finished ones of the same class.
  for (const order of [...orders.filter(isFinished), ...orders.filter(isUnfinished)]) {
    const resolved = resolveWanted(classes, order);
    if (!('listed' in resolved)) continue;
    const { listed } = resolved;
    if (isUnfinished(order) || hasMadeBooking(order, listed)) byClass.set(listed.classId, order);
  }
  return byClass;
}

/** Checks whether a finished pre-booking made the member's booking of a class. */
function hasMadeBooking(order: Prebooking, { mine, bookingId }: ListedClass): boolean {
  if (mine === null || !isFinished(order) || order.status === 'failed') return false;
  const { bookingId: recordedId } = order.result;
  return recordedId === null || bookingId === null || recordedId === bookingId;
}
