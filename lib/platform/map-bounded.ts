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
  const waiting = items.entries();
  let failed = false;
  const worker = async () => {
    for (const [index, item] of waiting) {
      if (failed) return;
      try {
        results[index] = await work(item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await settleAll(Array.from({ length: Math.min(concurrency, items.length) }, worker));
  return results;
}
