import { expect, test } from 'vitest';
import { mapBounded } from '../../lib/platform/map-bounded.ts';

/** Work that ends when the test says so. */
function openWork() {
  const running = new Map<number, PromiseWithResolvers<string>>();
  const started: number[] = [];
  return {
    running,
    started,
    work(item: number) {
      const end = Promise.withResolvers<string>();
      running.set(item, end);
      started.push(item);
      return end.promise;
    },
    async end(item: number) {
      running.get(item)?.resolve(`result ${item}`);
      running.delete(item);
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

test('runs at most so many pieces at once, and keeps the order of the items', async () => {
  const { work, running, end } = openWork();
  const mapped = mapBounded([1, 2, 3, 4, 5], 2, work);

  expect([...running.keys()]).toEqual([1, 2]);
  await end(2);
  expect([...running.keys()]).toEqual([1, 3]);
  for (const item of [3, 1, 5, 4]) await end(item);
  await end(5);

  expect(await mapped).toEqual(['result 1', 'result 2', 'result 3', 'result 4', 'result 5']);
});

test('begins nothing after a failure, which it throws when what runs has ended', async () => {
  const { work, running, started, end } = openWork();
  const mapped = mapBounded([1, 2, 3, 4], 2, work).catch((error: unknown) => error);

  let isOver = false;
  void mapped.then(() => {
    isOver = true;
  });
  running.get(1)?.reject(new Error('away'));
  await end(1);
  expect(isOver).toBe(false);
  await end(2);

  expect(await mapped).toEqual(new Error('away'));
  expect(started).toEqual([1, 2]);
});

test('of no items is nothing', async () => {
  expect(await mapBounded([], 4, () => Promise.reject(new Error('called')))).toEqual([]);
});
