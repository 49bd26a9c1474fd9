import { computed, signal } from '@preact/signals';
import { loadShownDays, seen, updateSeen } from './data.ts';
import { keep, readKept } from './kept.ts';
import { openCard } from './screen.ts';
import { whenCleared } from './session.ts';

/** A relative: AimHarder's number for them, and a name that only this browser knows. */
export type Person = { readonly familyId: string; readonly name: string };

const named = signal<readonly Person[]>([]);

/** The relatives that the member has named here, or who have a pre-booking or a routine. */
export const people = computed<readonly Person[]>(() => {
  const { prebookings, routines } = seen.value;
  const known = [...prebookings, ...routines].flatMap(({ familyId }) => familyId ?? []);
  const unnamed = [...new Set(known)].filter((id) => !named.value.some(({ familyId }) => familyId === id));
  return [...named.value, ...unnamed.map((familyId) => ({ familyId, name: familyId }))];
});

export async function restorePeople(): Promise<void> {
  named.value = (await readKept<readonly Person[]>('people')) ?? [];
}

whenCleared(() => {
  named.value = [];
});

function setPeople(next: readonly Person[]): void {
  named.value = next;
  void keep('people', next);
}

export const addPerson = (person: Person): void =>
  setPeople([...named.value.filter(({ familyId }) => familyId !== person.familyId), person]);

export function removePerson({ familyId }: Person): void {
  setPeople(named.value.filter((person) => person.familyId !== familyId));
  if (seen.value.familyId === familyId) choosePerson(null);
}

/** Shows the timetable for another person, and books for them. @param familyId null stands for the member. */
export function choosePerson(familyId: string | null): void {
  openCard.value = null;
  updateSeen({ familyId });
  void loadShownDays();
}
