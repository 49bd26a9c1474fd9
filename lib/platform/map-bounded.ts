import { settleAll } from './settle-all.ts';

/**
 * Maps items with asynchronous work. At most `concurrency` items are mapped at the same time. After a failure, no further work
 * begins.
 *
 * @returns the results in the order of the items.
 * @throws a failure of the work; it is thrown after all work that has begun has ended.
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
