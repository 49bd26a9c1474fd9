/** How many entries a list keeps. No test reads more, and the memory of a stack that runs for months must not grow. */
const MAX_KEPT = 1_000;

/** Adds an entry to a list, and drops the oldest entry if the list is then too long. */
export function keepNewest<Entry>(list: Entry[], entry: Entry, max: number = MAX_KEPT): void {
  list.push(entry);
  if (list.length > max) list.shift();
}
