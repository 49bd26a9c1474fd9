import engine from 'dynalite/db/index.js';

const { create } = engine;

/**
 * Makes dynalite close its iterators. Each query opens one, and dynalite ends it by `return`, which the iterators of Level do
 * not have: they have `close`. An iterator that stays open keeps its memory, and makes LevelDB keep every value that was
 * replaced or deleted since it was opened.
 */
export function closeIterators(): void {
  engine.create = (options) => {
    const store = create(options);
    for (const method of ['keys', 'values'] as const) {
      const open = store.db[method].bind(store.db);
      store.db[method] = (range) => {
        const iterator = open(range);
        return Object.assign(iterator, { return: () => iterator.close() });
      };
    }
    return store;
  };
}
