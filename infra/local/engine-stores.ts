import engine, { type Entry, type Level, type Store } from 'dynalite/db/index.js';
import { SECOND } from '../../lib/platform/clock.ts';
import { answerErrors, createNext, stopAfterFailedWrite } from './store-errors.ts';

const { create } = engine;

/** The options that read and write entries as bytes, as they are stored. */
const RAW = { keyEncoding: 'buffer', valueEncoding: 'buffer' } as const;

/** A key that the engine does not use. A synchronous write of this entry also brings all earlier writes to the disk. */
const SYNC_MARK = 'synced';

/** How many entries are copied at once. */
const BATCH = 500;

/** The longest time until a write is on the disk, in milliseconds. Until then, a power cut loses the write; a kill does not. */
const SYNC_AFTER = SECOND;

/** The stores of the open engines, by their folders. */
const stores = new Map<string, Level>();

/**
 * Makes every store that dynalite creates from now on answer its errors, close its iterators and sync its writes. Remembers those
 * with a folder.
 */
export function prepareStores(): void {
  engine.create = (options) => {
    const store = create(options);
    answerErrors(store.db);
    closeIterators(store);
    if (options.path === undefined) return store;
    const { path } = options;
    stores.set(path, store.db);
    store.db.once('closed', () => {
      // The next engine may have opened the folder already.
      if (stores.get(path) === store.db) stores.delete(path);
    });
    syncWrites(store.db);
    return store;
  };
}

/** Whether an engine of this process has a folder open. */
export const hasOpenStore = (path: string): boolean => stores.has(path);

/** Copies an open engine's store, as it is at the moment of the call, into an empty folder. */
export async function copyStore(path: string, target: string): Promise<void> {
  const store = stores.get(path);
  if (!store) throw new Error(`No engine has ${path} open.`);
  // LevelDB shows an iterator the entries of the moment at which it was opened. The loop closes it, also if it throws.
  const entries = store.iterator(RAW);
  const { db: copy } = create({ path: target });
  try {
    let batch: Entry[] = [];
    for await (const [key, value] of entries) {
      batch.push({ type: 'put', key, value });
      if (batch.length < BATCH) continue;
      await writeRaw(copy, batch, RAW);
      batch = [];
    }
    await writeRaw(copy, batch, { ...RAW, sync: true });
  } finally {
    await copy.close();
  }
}

/**
 * Makes dynalite close its iterators. Each query opens an iterator. Dynalite ends it by the method `return`, but iterators of
 * Level have `close` instead. An iterator that stays open keeps its memory, and makes LevelDB keep every value that was replaced
 * or deleted after the iterator was opened.
 */
function closeIterators({ db }: Store): void {
  for (const method of ['keys', 'values'] as const) {
    const open = db[method].bind(db);
    db[method] = (range) => {
      // A query that began before the engine was stopped may come here afterwards. Nobody waits for its answer, but an error
      // would end the process.
      if (db.status !== 'open') return ENDED;
      const iterator = open(range);
      return Object.assign(iterator, { next: createNext(db, iterator), return: () => iterator.close() });
    };
  }
}

/** An iterator without entries. */
const ENDED = { next: async () => undefined, close: async () => undefined, return: async () => undefined };

/** Makes a store sync its writes to the disk within `SYNC_AFTER`. LevelDB itself leaves the time to the operating system. */
function syncWrites(db: Level): void {
  let timer: NodeJS.Timeout | undefined;
  const sync = () => {
    timer = undefined;
    if (db.status === 'open')
      writeRaw(db, [{ type: 'put', key: Buffer.from(SYNC_MARK), value: Buffer.from('1') }], {
        ...RAW,
        sync: true,
      }).catch((error: Error) => stopAfterFailedWrite(db, error));
  };
  for (const method of ['put', 'del', 'batch'] as const) {
    const write = db[method];
    db[method] = (...parameters) => {
      if (!timer) timer = setTimeout(sync, SYNC_AFTER).unref();
      return write.call(db, ...parameters);
    };
  }
}

/** Writes with the given options. Calls the prototype's method, because dynalite's own `batch` of a store takes no options. */
const writeRaw = (db: Level, entries: readonly Entry[], options: object): Promise<void> =>
  Object.getPrototypeOf(db).batch.call(db, entries, options);
