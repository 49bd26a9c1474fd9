/*
 * The service worker keeps the page's own files, so that the page opens without a network. It never touches a request of the API:
 * what is the member's stays out of every HTTP cache.
 */

/** infra/bundle/bundle-page.ts inserts them: a hash of all files, and their paths. */
declare const SHELL_VERSION: string;
declare const SHELL_PATHS: readonly string[];

/** The parts of a service worker that this file uses. The types of a window do not have them. */
type WorkerEvent = Event & { waitUntil(done: Promise<unknown>): void };
type FetchEvent = WorkerEvent & { readonly request: Request; respondWith(answer: Promise<Response>): void };
declare const skipWaiting: () => Promise<void>;
declare const clients: { claim(): Promise<void> };
declare function addEventListener(type: 'install' | 'activate', listener: (event: WorkerEvent) => void): void;
declare function addEventListener(type: 'fetch', listener: (event: FetchEvent) => void): void;

const CACHE = `shell ${SHELL_VERSION}`;

addEventListener('install', (event) => {
  event.waitUntil(keepShell());
});

addEventListener('activate', (event) => {
  event.waitUntil(dropOldShells());
});

addEventListener('fetch', (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== 'GET' || origin !== location.origin || !SHELL_PATHS.includes(pathname)) return;
  event.respondWith(pathname === '/' ? pageOrKept(event.request) : keptOrFetched(event.request, pathname));
});

async function keepShell(): Promise<void> {
  const cache = await caches.open(CACHE);
  await cache.addAll([...SHELL_PATHS]);
  await skipWaiting();
}

async function dropOldShells(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)));
  await clients.claim();
}

/** The newest page, or without a network the kept one. */
async function pageOrKept(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    const kept = await caches.match('/');
    if (kept) return kept;
    throw error;
  }
}

async function keptOrFetched(request: Request, path: string): Promise<Response> {
  return (await caches.match(path)) ?? fetch(request);
}
