import { settleAll } from './settle-all.ts';

/**
 * Maps items with asynchronous work. At most `concurrency` items are mapped at the same time.
 *
 * @returns the results in the order of the items.
 * @throws the first failure, once all work has ended. No further work begins after it.
 */
export async function mapBounded<Item, Result>(
  items: readonly Item[],
  concurrency: number,
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  // All workers share this iterator, so each item is taken once.
  const remaining = items.entries();
  let hasFailed = false;
  const worker = async () => {
    for (const [index, item] of remaining) {
      if (hasFailed) return;
      try {
        results[index] = await work(item);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  await settleAll(Array.from({ length: Math.min(concurrency, items.length) }, worker));
  return results;
}
