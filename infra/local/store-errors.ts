import type { Iterator, Level } from 'dynalite/db/index.js';

/** The event of a store whose write has failed. Its listener gets the error. */
export const FAILED_WRITE = 'failed-write';

/** What dynalite answers if an error has these fields. */
const INTERNAL_ERROR = {
  statusCode: 500,
  body: { __type: 'com.amazonaws.dynamodb.v20120810#InternalServerError', message: 'The disk failed.' },
} as const;

/** The stores whose write has failed. */
const failedStores = new WeakSet<Level>();

/**
 * Makes dynalite answer an error of the store, such as a full disk, as DynamoDB answers an error of its own. Dynalite throws an
 * error without a status, so that the request would never end, and requests of other kinds would wait for it forever
 * (query-lock.ts).
 *
 * After a failed write, every request fails until the store is opened anew. The write may have left half a record in LevelDB's
 * log, and the next start would not find later records. It may also have left an index entry without an item, at which dynalite
 * would stop.
 */
export function answerErrors(db: Level): void {
  for (const method of ['get', 'put', 'del', 'batch'] as const) {
    const access = db[method];
    db[method] = (...parameters) => {
      const done = parameters.at(-1);
      if (typeof done !== 'function') return access.call(db, ...parameters);
      if (failedStores.has(db)) return setImmediate(() => done(createWriteError()));
      const answer = (error: Error | null | undefined, value: unknown) => {
        if (error && method !== 'get') stopAfterFailedWrite(db, error);
        done(error && toInternalError(error), value);
      };
      return access.call(db, ...parameters.slice(0, -1), answer);
    };
  }
}

/** Creates the `next` of an iterator, whose errors dynalite answers in the same way. */
export function createNext(db: Level, iterator: Iterator): Iterator['next'] {
  const next = iterator.next.bind(iterator);
  return async () => {
    if (failedStores.has(db)) throw createWriteError();
    return next().catch((error: Error) => {
      throw toInternalError(error);
    });
  };
}

/** Makes all later requests to a store fail, and emits `FAILED_WRITE`. A store that is being closed has not failed. */
export function stopAfterFailedWrite(db: Level, error: Error): void {
  if (failedStores.has(db) || db.status !== 'open') return;
  failedStores.add(db);
  db.emit(FAILED_WRITE, error);
}

/** Gives an error the fields with which dynalite answers it as DynamoDB's own. Changes the error itself. */
const toInternalError = (error: Error): Error => Object.assign(error, INTERNAL_ERROR);
const createWriteError = (): Error => toInternalError(new Error('A write has failed.'));
