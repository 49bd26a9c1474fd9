import type { ListedClass } from '../aimharder/client.ts';
import { isSameName, normalizeName } from '../platform/text.ts';

/** How many names are suggested at most. */
const MAX_SUGGESTIONS = 5;

/** The least likeness of a suggested name at another hour, from 0 to 1. */
const MIN_LIKENESS = 0.5;

/**
 * Suggests names for a class name that no row of its day has: first the names of the classes at `classTime`, then names at other
 * hours that are written alike. Suggests no cancelled class.
 *
 * @returns no names if a row has the class name, at whatever hour.
 */
export function suggestNames(
  classes: readonly ListedClass[],
  { classTime, className }: { readonly classTime: string; readonly className: string },
): readonly string[] {
  if (classes.some(({ name }) => isSameName(name, className))) return [];
  const ranked = classes
    .filter(({ cancelled }) => !cancelled)
    // The 1 makes a class at that hour a suggestion whatever its name, and ranks it before classes at other hours.
    .map(({ name, start }) => ({ name, rank: (start === classTime ? 1 : 0) + likeness(name, className) }))
    .filter(({ rank }) => rank >= MIN_LIKENESS)
    .toSorted((left, right) => right.rank - left.rank);
  const names = new Map<string, string>();
  // A name that occurs several times counts with its best rank.
  for (const { name } of ranked) if (!names.has(normalizeName(name))) names.set(normalizeName(name), name);
  return [...names.values()].slice(0, MAX_SUGGESTIONS);
}

/**
 * Compares two names by the pairs of neighbouring letters that they share (Sørensen–Dice): 1 if they are the same, 0 if no pair
 * is shared.
 */
function likeness(left: string, right: string): number {
  const leftPairs = letterPairs(left);
  const rightPairs = letterPairs(right);
  const total = leftPairs.size + rightPairs.size;
  const shared = [...leftPairs].filter((pair) => rightPairs.has(pair)).length;
  return total === 0 ? 0 : (2 * shared) / total;
}

function letterPairs(name: string): ReadonlySet<string> {
  const letters = normalizeName(name);
  return new Set(
    Array.from({ length: Math.max(0, letters.length - 1) }, (_, index) => letters.slice(index, index + 2)),
  );
}
