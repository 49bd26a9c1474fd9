import type { AimHarder } from '../aimharder/client.ts';
import { type BoxSettings, timezoneOf } from '../boxes/settings.ts';
import type { Clock } from '../platform/clock.ts';
import { problemOf } from './date-outcome.ts';
import { Timetables } from './planning-cache.ts';
import { ORDERED_AHEAD, occurrences, type Pause, type Problem, type Routine, wantedClass } from './routine.ts';

export type FindProblemDeps = {
  readonly aimHarder: Pick<AimHarder, 'listClasses'>;
  readonly boxSettings: Pick<BoxSettings, 'timezones'>;
  readonly clock: Clock;
};

/** Finds what stands in the way of a routine right now. */
export type FindProblem = (routine: Routine, pauses: readonly Pause[], signal: AbortSignal) => Promise<Problem | null>;

/**
 * Creates a `FindProblem`, which looks for the routine's next date in the public timetable, as the planner will. Timetables show
 * about two weeks, so a later date has no problem yet.
 */
export const problemFinder =
  ({ aimHarder, boxSettings, clock }: FindProblemDeps): FindProblem =>
  async (routine, pauses, signal) => {
    const now = clock.now();
    const timezone = timezoneOf(boxSettings, routine.box);
    const { value: next } = occurrences(routine, pauses, now, timezone).next();
    if (!next || next.startsAt > now + ORDERED_AHEAD) return null;
    const wanted = wantedClass(routine, next);
    const found = await new Timetables({ aimHarder }, signal).find(wanted, timezone);
    return found.kind === 'listed' ? null : problemOf(wanted.day, found);
  };
