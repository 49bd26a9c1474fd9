import { learn, loadAll } from './data.ts';
import { openCard } from './screen.ts';

/** Shows another box. */
export function chooseBox(name: string): void {
  openCard.value = null;
  learn({ box: name });
  void loadAll();
}

/** Shows the timetable for another person, and books for them. */
export function choosePerson(familyId: string | null): void {
  openCard.value = null;
  learn({ familyId });
  void loadAll();
}
