import { effect } from '@preact/signals';
import { render } from 'preact';
import './shell/page.css';
import { resumeWaiting } from './state/actions.ts';
import { isOffline } from './state/api.ts';
import { loadAll, restoreSeen } from './state/data.ts';
import { restorePeople } from './state/people.ts';
import { watchScreen } from './state/screen.ts';
import { restoreSession } from './state/session.ts';
import { watchPrebookings } from './state/watch-openings.ts';
import { language } from './texts/language.ts';
import { App } from './views/app.tsx';

/** Starts the page: shows at once what was kept from the last visit, and then reads everything again. */
async function start(): Promise<void> {
  effect(() => {
    document.documentElement.lang = language.value;
  });
  watchScreen();
  watchNetworkAndVisibility();
  await restoreSession();
  await Promise.all([restoreSeen(), restorePeople()]);
  const root = document.getElementById('page');
  if (root) {
    // Removes the placeholder that index.html shows until now.
    root.replaceChildren();
    render(<App />, root);
  }
  void loadAll();
  watchPrebookings();
  // Without a service worker, the page still works while there is a network.
  await navigator.serviceWorker?.register('/sw.js').catch(() => undefined);
}

/** Keeps `isOffline` up to date. Reads everything again when the network is back or the page becomes visible. */
function watchNetworkAndVisibility(): void {
  addEventListener('offline', () => {
    isOffline.value = true;
  });
  addEventListener('online', () => {
    isOffline.value = false;
    resumeWaiting();
    void loadAll();
  });
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') void loadAll();
  });
}

void start();
