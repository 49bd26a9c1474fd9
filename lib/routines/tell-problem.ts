import { toInstant } from '../boxes/opening.ts';
import { type BoxSettings, timezoneOf } from '../boxes/settings.ts';
import { BlockedReason } from '../events/blocked-reason.ts';
import type { Publish } from '../events/event-bus.ts';
import type { ServiceEvent } from '../events/event-schemas.ts';
import { toIso } from '../platform/dynamodb.ts';
import type { Logger } from '../platform/logger.ts';
import type { PlannedRoutine } from './plan-routine.ts';
import type { Problem, Routine, ToldProblem } from './routine.ts';

export type TellProblemDeps = {
  readonly publish: Publish;
  readonly boxSettings: Pick<BoxSettings, 'timezones'>;
  readonly logger: Logger;
};

/**
 * Publishes that a routine is blocked, or that nothing stands in the way of the date that was blocked: once for each change.
 * Publishes nothing about a problem that usually passes by itself, for example that AimHarder does not answer; the
 * routine still records what the member was told. Publishes nothing either if the blocked date is over.
 *
 * @returns the routine, with what its member has been told. If the bus fails, the next run publishes the event.
 */
export async function tellProblem(
  deps: TellProblemDeps,
  email: string,
  { routine, toldDate }: Pick<PlannedRoutine, 'routine' | 'toldDate'>,
): Promise<Routine> {
  const { problem, told } = routine;
  const blocked = problem && toTold(problem);
  if (blocked && told && isSame(blocked, told)) return routine;
  if (!blocked) {
    // Only a routine without any problem is cleared.
    if (problem !== null || told === null || toldDate === undefined) return routine;
    if (toldDate === 'over') return { ...routine, told: null };
  }
  const event = blocked
    ? buildBlockedEvent(deps, email, routine, blocked)
    : told && buildClearedEvent(deps, email, routine, told);
  if (!event) return routine;
  try {
    await deps.publish(event);
    return { ...routine, told: blocked ?? null, timesTold: routine.timesTold + 1 };
  } catch (error) {
    deps.logger.error('event-not-published', error, { routine: routine.id });
    return routine;
  }
}

/** Reduces a problem to what the member is told. @returns undefined for a problem that members are not told of. */
function toTold({ day, code, suggestions, isPassing }: Problem): ToldProblem | undefined {
  const reason = BlockedReason.safeParse(code);
  return reason.success && !isPassing ? { day, code: reason.data, suggestions } : undefined;
}

const isSame = (left: ToldProblem, right: ToldProblem): boolean => left.day === right.day && left.code === right.code;

const buildBlockedEvent = (
  deps: TellProblemDeps,
  email: string,
  routine: Routine,
  told: ToldProblem,
): ServiceEvent => ({
  type: 'Routine Blocked',
  detail: { ...buildDetail(deps, email, routine, told, 'blocked'), suggestions: [...told.suggestions] },
});

const buildClearedEvent = (
  deps: TellProblemDeps,
  email: string,
  routine: Routine,
  told: ToldProblem,
): ServiceEvent => ({
  type: 'Routine Cleared',
  detail: buildDetail(deps, email, routine, told, 'cleared'),
});

function buildDetail(
  { boxSettings }: TellProblemDeps,
  email: string,
  { id: routineId, box, startsAt, className, timesTold }: Routine,
  { day, code }: ToldProblem,
  change: 'blocked' | 'cleared',
) {
  const classStartsAt = toIso(toInstant({ day, time: startsAt }, timezoneOf(boxSettings, box)));
  // `timesTold` gives each change an id of its own. If the plan cannot be written afterwards, the next run uses the same id.
  const eventId = `${routineId}-${day}-${code}-${change}-${timesTold}`;
  return { version: '1' as const, eventId, email, routineId, box, day, className, classStartsAt, code };
}
