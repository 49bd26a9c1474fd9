import { type ListedClass, type ResolvedClass, resolveClass } from '../aimharder/client.ts';
import { classHours } from '../bookings/class-hours.ts';
import { type BoxSettings, timezoneOf } from '../boxes/settings.ts';
import type { Instant } from '../platform/clock.ts';
import { applyOpeningRule } from './find-opening.ts';
import { computeWakeUp, type Unfinished, type WantedClass } from './prebooking.ts';

/** Finds an ordered class in the rows of its day. A member wants the class, a routine wants its hour. */
export const resolveWanted = (
  classes: readonly ListedClass[],
  { classId, classTime, className, routineId }: WantedClass,
): ResolvedClass =>
  resolveClass(classes, { classId, start: classTime, name: className, isHourFixed: routineId !== null });

/**
 * Returns a pre-booking with the new hours of its class and the new opening. The opening follows from the rule that the class was
 * ordered with. An opening that was stated as an instant changes only if the class has moved to an earlier hour, because a shot
 * that is too early is repeated, but one that is too late loses the class. An opening in the past becomes now.
 */
export function followClass<Followed extends Unfinished>(
  deps: { readonly boxSettings: Pick<BoxSettings, 'timezones'> },
  prebooking: Followed,
  listed: ListedClass,
  now: Instant,
): Followed {
  const { box, day, openingRule } = prebooking;
  const { startsAt, endsAt } = classHours(listed, day, timezoneOf(deps.boxSettings, box));
  const hours = { classTime: listed.start, classStartsAt: startsAt, classEndsAt: endsAt };
  const opening = openingRule
    ? applyOpeningRule(deps, openingRule, { ...prebooking, ...hours })
    : prebooking.opensAt + Math.min(0, startsAt - prebooking.classStartsAt);
  const opensAt = Math.max(opening, Math.floor(now));
  return { ...prebooking, ...hours, opensAt, wakesAt: computeWakeUp(opensAt) };
}
