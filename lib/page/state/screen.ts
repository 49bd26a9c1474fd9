import { signal } from '@preact/signals';

/* Which screen is shown. The address names it, so that the browser's back button works, and a sign-in returns to the same place. */

export type Screen = 'week' | 'mine' | 'settings';

const readScreen = (): Screen => {
  const name = location.hash.slice(1);
  return name === 'mine' || name === 'settings' ? name : 'week';
};

export const screen = signal<Screen>(readScreen());

export function show(name: Screen): void {
  location.hash = name;
}

/** Whether the screen is wide enough for a week side by side. */
const wide = matchMedia('(min-width: 900px)');
export const isWide = signal(wide.matches);

/** The day that the member has chosen; null until then. */
export const chosenDay = signal<string | null>(null);

/** The card whose options are shown, by its key. */
export const openCard = signal<string | null>(null);

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
