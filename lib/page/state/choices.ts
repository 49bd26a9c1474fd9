import { learn, loadShownDays } from './data.ts';
import { openCard } from './screen.ts';

/** Shows another box. */
export function chooseBox(name: string): void {
  openCard.value = null;
  learn({ box: name });
  void loadShownDays();
}

/** Shows the timetable for another person, and books for them. */
export function choosePerson(familyId: string | null): void {
  openCard.value = null;
  learn({ familyId });
  void loadShownDays();
}
