import { isSameName } from '../platform/text.ts';
import type { ListedClass } from './listing.ts';

/** The class that somebody wants, as it was listed when it was ordered. */
export type ClassToResolve = {
  /** The slot id; null until the box lists the class, or if its start and name alone are wanted. */
  readonly classId: string | null;
  /** `HH:MM` on the box's wall clock. */
  readonly start: string;
  readonly name: string;
  /** The hour is wanted, as by a routine: another live class at that hour comes before the one that has moved away. */
  readonly fixedHour?: boolean;
};

/** What a day's timetable says of a wanted class. */
export type ResolvedClass =
  /** `found`: as it was ordered. `replaced`: another row took its place. `moved`: the same slot id at another hour. */
  | { readonly kind: 'found' | 'replaced' | 'moved'; readonly listed: ListedClass }
  /** `cancelled`: by the box, without a replacement. `ambiguous`: several live rows may be the class. `gone`: no row is. */
  | { readonly kind: 'cancelled' | 'ambiguous' | 'gone' };

/**
 * Resolves a wanted class against the rows of its day (README, "Finding a class"). The slot id decides while its row is
 * live. Only if that row is gone or cancelled, start and name find another: a live row, never one of several alike.
 */
export function resolveClass(
  classes: readonly ListedClass[],
  { classId, start, name, fixedHour = false }: ClassToResolve,
): ResolvedClass {
  const own = classes.find((row) => row.classId === classId);
  const moved = own && !own.cancelled && own.start !== start ? own : undefined;
  if (own && !own.cancelled && !moved) return { kind: 'found', listed: own };
  if (moved && !fixedHour) return { kind: 'moved', listed: moved };
  const alike = classes.filter((row) => row.start === start && isSameName(row.name, name));
  const [listed, ...more] = alike.filter(({ cancelled }) => !cancelled);
  if (more.length > 0) return { kind: 'ambiguous' };
  if (listed) return { kind: classId === null ? 'found' : 'replaced', listed };
  if (moved) return { kind: 'moved', listed: moved };
  return { kind: own || alike.length > 0 ? 'cancelled' : 'gone' };
}
