import { learn, loadShownDays } from './data.ts';
import { openCard } from './screen.ts';

/** Shows another box. */
export function chooseBox(name: string): void {
  openCard.value = null;
  learn({ box: name });
  void loadShownDays();
}
