import { computed, signal } from '@preact/signals';
import { loadAndReport, loadShownDays, seen, updateSeen } from './data.ts';
import { openCard } from './screen.ts';
import { keepForMember, readKeptForMember, whenCleared } from './session.ts';

/** A relative: AimHarder's number for them, and the name that the member gave them in this browser, or else the number again. */
export type Person = { readonly familyId: string; readonly name: string };

/** The relatives that the member has named in this browser. */
const namedPeople = signal<readonly Person[]>([]);

/** Whether the member has named a relative in this browser. Only a name can be removed here, not an order. */
export const isNamed = ({ familyId }: Person): boolean =>
  namedPeople.value.some((person) => person.familyId === familyId);

/** The relatives who have a name here, a pre-booking or a routine, and the chosen person. */
export const people = computed<readonly Person[]>(() => {
  const { prebookings, routines } = seen.value;
  const known = [...prebookings, ...routines, seen.value].flatMap(({ familyId }) => familyId ?? []);
  const unnamed = [...new Set(known)].filter((id) => !namedPeople.value.some(({ familyId }) => familyId === id));
  return [...namedPeople.value, ...unnamed.map((familyId) => ({ familyId, name: familyId }))];
});

/** Finds the name of a relative; undefined for the member. */
export const findName = (familyId: string | null): string | undefined =>
  people.value.find((person) => person.familyId === familyId)?.name;

/** Restores the relatives that were kept for the member who is signed in. */
export async function restorePeople(): Promise<void> {
  namedPeople.value = (await readKeptForMember<readonly Person[]>('people')) ?? [];
}

whenCleared(() => {
  namedPeople.value = [];
});

function setPeople(next: readonly Person[]): void {
  namedPeople.value = next;
  void keepForMember('people', next);
}

/** Adds a relative, or renames the relative with the same number. */
export const addPerson = (person: Person): void =>
  setPeople([...namedPeople.value.filter(({ familyId }) => familyId !== person.familyId), person]);

export function removePerson({ familyId }: Person): void {
  setPeople(namedPeople.value.filter((person) => person.familyId !== familyId));
  if (seen.value.familyId === familyId) choosePerson(null);
}

/** Makes the page show and book classes for another person from now on. @param familyId null stands for the member. */
export function choosePerson(familyId: string | null): void {
  openCard.value = null;
  updateSeen({ familyId });
  void loadAndReport(loadShownDays);
}
