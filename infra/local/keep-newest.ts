/** How many entries a list keeps. No test looks at more, and a stack that runs for months must not grow. */
const MAX_KEPT = 1_000;

/** Adds an entry to a list, and drops the oldest one if there are too many. */
export function keepNewest<Entry>(list: Entry[], entry: Entry, max: number = MAX_KEPT): void {
  list.push(entry);
  if (list.length > max) list.shift();
}
