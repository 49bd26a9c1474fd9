/*
 * What the page keeps in the browser, such as the access token. The page uses IndexedDB, because no script of another site can
 * read that and no request carries it. A browser without IndexedDB (some private windows) keeps nothing, and the page works all
 * the same.
 */

const DATABASE = 'on-the-dot';
const STORE = 'kept';

/**
 * The names of the kept values: the signed-in member with the access token, the data last read, this browser's fingerprint, and
 * the relatives that the member has named. `device` stays after a sign-out, so that AimHarder sees the browser as one device.
 */
type Key = 'session' | 'seen' | 'device' | 'people';

/** Waits for a request to the database. */
const waitFor = <Result>(request: IDBRequest<Result>): Promise<Result> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

let database: Promise<IDBDatabase> | undefined;

function open(): Promise<IDBDatabase> {
  database ??= (async () => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    return waitFor(request);
  })();
  return database;
}

/** Reads a kept value, which has the type that the page has written. @returns undefined if there is none, or no database. */
export async function readKept<Value>(key: Key): Promise<Value | undefined> {
  try {
    const store = (await open()).transaction(STORE).objectStore(STORE);
    return await waitFor(store.get(key));
  } catch {
    return undefined;
  }
}

/** Keeps a value under a key. Never rejects: a value that cannot be stored is not kept. */
export const keep = (key: Key, value: unknown): Promise<void> => change((store) => store.put(value, key));

/** Deletes what is kept under these keys. Never rejects. */
export const forget = (...keys: readonly Key[]): Promise<void> =>
  change((store) => {
    for (const key of keys) store.delete(key);
  });

async function change(write: (store: IDBObjectStore) => void): Promise<void> {
  try {
    const transaction = (await open()).transaction(STORE, 'readwrite');
    write(transaction.objectStore(STORE));
    await new Promise<void>((resolve) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => resolve();
      transaction.onerror = () => resolve();
    });
  } catch {
    // Without a database the page keeps nothing.
  }
}
