import { type AimHarder, type ListedClass, UpstreamFailure } from '../aimharder/client.ts';
import type { BoxSettings } from '../boxes/settings.ts';
import type { Clock } from '../platform/clock.ts';
import { toIso } from '../platform/dynamodb.ts';
import type { Logger } from '../platform/logger.ts';
import type { Pending, Unfinished, WantedClass } from './prebooking.ts';
import type { PrebookingStore } from './prebooking-store.ts';
import { followClass, resolveWanted } from './wanted-class.ts';

export type FollowerDeps = {
  readonly prebookings: Pick<PrebookingStore, 'follow'>;
  readonly aimHarder: Pick<AimHarder, 'listClasses'>;
  readonly boxSettings: Pick<BoxSettings, 'timezones'>;
  readonly clock: Clock;
  readonly logger: Logger;
};

/**
 * Creates a function that gives a pre-booking the new hours and the new opening of its class, if the box has moved the class. The
 * function is used hours before the pre-booking's wake-up. It reads the public timetable, which needs no session, and reads each
 * day of a box only once. The sweep sets the new wake-up afterwards.
 *
 * @returns a function that returns the pre-booking with its new hours. It returns the pre-booking unchanged if the class has not
 *   moved, if the timetable cannot be read, if a firing has begun, or if a routine ordered the class: a routine wants its hour.
 */
export function createClassFollower(deps: FollowerDeps, signal: AbortSignal) {
  const { prebookings, aimHarder, clock, logger } = deps;
  const days = new Map<string, Promise<readonly ListedClass[]>>();
  const listDay = ({ box, boxId, day }: WantedClass) => {
    const key = `${box} ${day}`;
    const classes =
      days.get(key) ?? aimHarder.listClasses(undefined, { box, boxId, day }, signal).catch(emptyIfUnreadable);
    days.set(key, classes);
    return classes;
  };
  return async (prebooking: Unfinished): Promise<Unfinished> => {
    if (prebooking.status !== 'pending' || prebooking.routineId !== null) return prebooking;
    const resolved = resolveWanted(await listDay(prebooking), prebooking);
    if (resolved.kind !== 'moved') return prebooking;
    const now = clock.now();
    const withNewHours = followClass(deps, prebooking, resolved.listed, now);
    // The current time is higher than every earlier generation, so the old wake-up starts nothing.
    const moved: Pending = { ...withNewHours, generation: Math.floor(now), armed: false, needsNewWakeUp: true };
    if (!(await prebookings.follow(prebooking, moved))) return prebooking;
    const { id, generation, opensAt } = moved;
    logger.warn('prebooking-moved', { prebooking: id, order: generation, opensAt: toIso(opensAt) });
    return moved;
  };
}

/** Treats an unreadable timetable as empty, so that no class counts as moved. */
function emptyIfUnreadable(error: unknown): readonly [] {
  if (error instanceof UpstreamFailure) return [];
  throw error;
}
