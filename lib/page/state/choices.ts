import { loadAndReport, loadShownDays, updateSeen } from './data.ts';
import { openCard } from './screen.ts';

/** Shows another box. */
export function chooseBox(name: string): void {
  openCard.value = null;
  updateSeen({ box: name });
  void loadAndReport(loadShownDays);
}
