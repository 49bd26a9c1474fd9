import type { ListedClass } from '../aimharder/client.ts';
import { isSameName, normalizeName } from '../platform/text.ts';

/** How many names are suggested at most. */
const MAX_SUGGESTIONS = 5;

/** How alike a name at another hour must be, from 0 to 1. */
const ALIKE = 0.5;

/**
 * Suggests names for a class name that no row of its day has: first those of the classes at its hour, then those that are written
 * alike.
 *
 * @returns none if a row has the name, at whatever hour.
 */
export function suggestNames(
  classes: readonly ListedClass[],
  { classTime, className }: { readonly classTime: string; readonly className: string },
): readonly string[] {
  if (classes.some(({ name }) => isSameName(name, className))) return [];
  const ranked = classes
    .filter(({ cancelled }) => !cancelled)
    .map(({ name, start }) => ({ name, rank: (start === classTime ? 1 : 0) + likeness(name, className) }))
    .filter(({ rank }) => rank >= ALIKE)
    .toSorted((one, other) => other.rank - one.rank);
  const byName = new Map(ranked.toReversed().map(({ name }) => [normalizeName(name), name]));
  return [...byName.values()].toReversed().slice(0, MAX_SUGGESTIONS);
}

/** Compares two names by the pairs of letters that they share (Sørensen–Dice): 1 if they are the same, 0 if none is shared. */
function likeness(one: string, other: string): number {
  const [left, right] = [pairsOf(one), pairsOf(other)];
  const total = left.size + right.size;
  return total === 0 ? 0 : (2 * [...left].filter((pair) => right.has(pair)).length) / total;
}

function pairsOf(name: string): ReadonlySet<string> {
  const letters = normalizeName(name);
  return new Set(
    Array.from({ length: Math.max(0, letters.length - 1) }, (_, index) => letters.slice(index, index + 2)),
  );
}
