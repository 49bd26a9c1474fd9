import { signal } from '@preact/signals';
import { whenCleared } from './session.ts';

/* Which screen is shown. The address names the screen, so that the browser's back button works, and a sign-in returns to it. */

export type Screen = 'week' | 'mine' | 'settings';

const readScreen = (): Screen => {
  const name = location.hash.slice(1);
  return name === 'mine' || name === 'settings' ? name : 'week';
};

export const screen = signal<Screen>(readScreen());

export function showScreen(name: Screen): void {
  location.hash = name;
}

const wide = matchMedia('(min-width: 900px)');

/** Whether the screen is wide enough for the days of a week side by side. */
export const isWide = signal(wide.matches);

/** The day that the member has chosen (`YYYY-MM-DD`); null until they choose one. */
export const chosenDay = signal<string | null>(null);

/** The key of the card whose options are shown; null if none are. */
export const openCard = signal<string | null>(null);
whenCleared(() => {
  openCard.value = null;
});

export function watchScreen(): void {
  addEventListener('hashchange', () => {
    screen.value = readScreen();
    openCard.value = null;
    scrollTo(0, 0);
  });
  wide.addEventListener('change', () => {
    isWide.value = wide.matches;
  });
}
