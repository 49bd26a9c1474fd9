import { isSameName } from '../platform/text.ts';
import type { ListedClass } from './listing.ts';

/** A wanted class, as the timetable listed it when it was ordered. */
export type ClassToResolve = {
  /** The slot id; null until the box lists the class, or if its start and name alone are wanted. */
  readonly classId: string | null;
  /** `HH:MM` on the box's wall clock. */
  readonly start: string;
  readonly name: string;
  /**
   * Whether the hour matters more than the slot id, as for a routine. If the slot id has moved to another hour, another live
   * class of that name at the wanted hour is then preferred.
   */
  readonly isHourFixed?: boolean;
};

/** A wanted class in a day's timetable. */
export type ResolvedClass =
  /** `found`: unchanged. `replaced`: another row with its start and name. `moved`: the same slot id at another hour. */
  | { readonly kind: 'found' | 'replaced' | 'moved'; readonly listed: ListedClass }
  /** `cancelled`: by the box, without a replacement. `ambiguous`: several live rows match. `gone`: no row matches. */
  | { readonly kind: 'cancelled' | 'ambiguous' | 'gone' };

/**
 * Finds a wanted class in the rows of its day (README, "Finding a class"). The slot id decides while its row is live. If that
 * row is gone or cancelled, start and name decide: they must match exactly one live row.
 */
export function resolveClass(
  classes: readonly ListedClass[],
  { classId, start, name, isHourFixed = false }: ClassToResolve,
): ResolvedClass {
  const own = classes.find((row) => row.classId === classId);
  const moved = own && !own.cancelled && own.start !== start ? own : undefined;
  if (own && !own.cancelled && !moved) return { kind: 'found', listed: own };
  if (moved && !isHourFixed) return { kind: 'moved', listed: moved };
  const alike = classes.filter((row) => row.start === start && isSameName(row.name, name));
  const [listed, ...more] = alike.filter(({ cancelled }) => !cancelled);
  if (more.length > 0) return { kind: 'ambiguous' };
  if (listed) return { kind: classId === null ? 'found' : 'replaced', listed };
  if (moved) return { kind: 'moved', listed: moved };
  // No live row is left: each row of the class, if there is any, is cancelled.
  return { kind: own || alike.length > 0 ? 'cancelled' : 'gone' };
}
