import type { Operations, Pause, Routine } from '../api-types.ts';
import { plusDays, weekdayNumber } from '../texts/format.ts';
import { act } from './actions.ts';
import { call } from './api.ts';
import { learn, loadPrebookings, loadRoutines, loadShownDays, seen, today } from './data.ts';

export const routineKey = ({ id }: Routine): string => `routine ${id}`;

type Changes = Operations['PATCH /v1/routines/{id}']['body'];

/** Changes a routine. What it orders changes with it. */
export const changeRoutine = (routine: Routine, body: Changes): Promise<void> =>
  act(routineKey(routine), async () => {
    await call('PATCH /v1/routines/{id}', { path: { id: routine.id }, body });
    await reload();
    return undefined;
  });

/** Leaves out one date of a routine. */
export const skipDate = (routine: Routine, day: string): Promise<void> =>
  changeRoutine(routine, { skip: [...comingSkips(routine), day] });
/** Undoes `skipDate`. */
export const unskipDate = (routine: Routine, day: string): Promise<void> =>
  changeRoutine(routine, { skip: comingSkips(routine).filter((one) => one !== day) });

/** The dates that a routine will leave out. */
export const comingSkips = ({ skip }: Routine): readonly string[] => skip.filter((day) => day >= today());

export const endRoutine = (routine: Routine): Promise<void> =>
  act(routineKey(routine), async () => {
    await call('DELETE /v1/routines/{id}', { path: { id: routine.id } });
    await reload();
    return undefined;
  });

/** The next date of a routine: that of its pending order, or else the next such weekday that it does not leave out. */
export function nextDate(routine: Routine): string {
  if (routine.next) return routine.next.day;
  const days = Array.from({ length: 21 }, (_, index) => plusDays(today(), index));
  const isLeftOut = (day: string) =>
    routine.skip.includes(day) || seen.value.pauses.some(({ from, until }) => from <= day && day <= until);
  return days.find((day) => weekdayNumber(day) === routine.weekday && !isLeftOut(day)) ?? today();
}

export const PAUSES = 'pauses';

/** A class that stays booked although a pause covers it. */
export type StillBooked = Operations['PUT /v1/pauses']['answer']['booked'][number];

/** Replaces the pauses. @param say says which classes stay booked all the same. */
const setPauses = (pauses: readonly Pause[], say: (booked: readonly StillBooked[]) => string | undefined) =>
  act(PAUSES, async () => {
    const body = {
      pauses: pauses.map(({ from, until, routineId }) => ({ from, until, ...(routineId !== null && { routineId }) })),
    };
    const answer = await call('PUT /v1/pauses', { body });
    learn({ pauses: answer.pauses });
    await reload();
    return say(answer.booked);
  });

type Say = Parameters<typeof setPauses>[1];

export const addPause = (from: string, until: string, say: Say): Promise<void> =>
  setPauses([...seen.value.pauses.filter((one) => one.until >= today()), { from, until, routineId: null }], say);

export const endPause = (pause: Pause, say: Say): Promise<void> =>
  setPauses(
    seen.value.pauses.filter((one) => one !== pause && one.until >= today()),
    say,
  );

/** Returns next week, from Monday to Sunday. */
export function nextWeek(): { readonly from: string; readonly until: string } {
  const monday = plusDays(today(), 8 - weekdayNumber(today()));
  return { from: monday, until: plusDays(monday, 6) };
}

async function reload(): Promise<void> {
  await Promise.all([loadRoutines(), loadPrebookings(), loadShownDays()]);
}
