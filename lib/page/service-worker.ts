/*
 * The service worker keeps the page's own files, so that the page opens without a network. It never touches a request of the API,
 * so that members' data stay out of every HTTP cache.
 */

/** A hash of all files, and their paths. infra/bundle/bundle-page.ts inserts both. */
declare const SHELL_VERSION: string;
declare const SHELL_PATHS: readonly string[];

/** The parts of a service worker that this file uses. TypeScript's library `dom` has the types of a window only. */
type WorkerEvent = Event & { waitUntil(done: Promise<unknown>): void };
type FetchEvent = WorkerEvent & { readonly request: Request; respondWith(answer: Promise<Response>): void };
declare const skipWaiting: () => Promise<void>;
type PageWindow = { navigate(url: string): Promise<unknown>; focus(): Promise<unknown> };
declare const clients: {
  claim(): Promise<void>;
  matchAll(options: { readonly type: 'window' }): Promise<readonly PageWindow[]>;
  openWindow(url: string): Promise<unknown>;
};
type PushEvent = WorkerEvent & { readonly data: { json(): Partial<PushMessage> } | null };
type ClickEvent = WorkerEvent & { readonly notification: Notification };
declare const registration: ServiceWorkerRegistration;
declare function addEventListener(type: 'install' | 'activate', listener: (event: WorkerEvent) => void): void;
declare function addEventListener(type: 'fetch', listener: (event: FetchEvent) => void): void;
declare function addEventListener(type: 'push', listener: (event: PushEvent) => void): void;
declare function addEventListener(type: 'notificationclick', listener: (event: ClickEvent) => void): void;

/** A push message of the service (lib/notifications/web-push.ts). */
type PushMessage = {
  readonly title: string;
  readonly body: string;
  /** The same for all messages about one thing. Null: the message replaces no other. */
  readonly tag: string | null;
  /** The address that a click opens. */
  readonly link: string | null;
  /** When the event of the message happened, in epoch milliseconds. */
  readonly at: number;
};

/** The cache of the page's own files, the *shell*, in this version. */
const CACHE = `shell ${SHELL_VERSION}`;

addEventListener('install', (event) => {
  event.waitUntil(storeShell());
});

addEventListener('activate', (event) => {
  event.waitUntil(deleteOldShells());
});

addEventListener('fetch', (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== 'GET' || origin !== location.origin || !SHELL_PATHS.includes(pathname)) return;
  event.respondWith(pathname === '/' ? fetchPage(event.request) : findKeptFile(event.request, pathname));
});

addEventListener('push', (event) => {
  event.waitUntil(showMessage(event.data?.json() ?? {}));
});

addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(openPage(String(event.notification.data?.link ?? '/')));
});

/** Shows a message. It replaces an earlier message about the same thing (the same `tag`), but never a later one. */
async function showMessage({
  title = 'On the Dot',
  body = '',
  tag,
  link,
  at = 0,
}: Partial<PushMessage>): Promise<void> {
  const shown = tag ? await registration.getNotifications({ tag }) : [];
  if (shown.some(({ data }) => data.at > at)) return;
  await registration.showNotification(title, {
    body,
    icon: SHELL_PATHS.find((path) => path.includes('icon-192')) ?? '/',
    data: { link: link ?? '/', at },
    ...(tag && { tag, renotify: true }),
  });
}

/** Opens a message's link, in the page's window if there is one. Only this page's own addresses are opened. */
async function openPage(link: string): Promise<void> {
  const { origin, pathname, hash } = new URL(link, location.origin);
  const target = origin === location.origin ? `${pathname}${hash}` : '/';
  const [pageWindow] = await clients.matchAll({ type: 'window' });
  if (!pageWindow) await clients.openWindow(target);
  else {
    await pageWindow.focus();
    await pageWindow.navigate(target);
  }
}

async function storeShell(): Promise<void> {
  const cache = await caches.open(CACHE);
  await cache.addAll([...SHELL_PATHS]);
  await skipWaiting();
}

async function deleteOldShells(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)));
  await clients.claim();
}

/** Fetches the page; without a network, returns the kept page. */
async function fetchPage(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    const kept = await caches.match('/');
    if (kept) return kept;
    throw error;
  }
}

/** Returns a kept file of the page, or fetches it. */
async function findKeptFile(request: Request, path: string): Promise<Response> {
  return (await caches.match(path)) ?? fetch(request);
}
