import type { Operations, Pause, Routine } from '../api-types.ts';
import { addDays, weekdayNumber } from '../texts/format.ts';
import { runAction } from './actions.ts';
import { call } from './api.ts';
import { loadPrebookings, loadRoutines, loadShownDays, reload, seen, today, updateSeen } from './data.ts';

export const routineKey = ({ id }: Routine): string => `routine ${id}`;

type Changes = Operations['PATCH /v1/routines/{id}']['body'];

/** Changes a routine. Its pre-bookings change with it. */
export const changeRoutine = (routine: Routine, body: Changes): Promise<void> =>
  runAction(routineKey(routine), async () => {
    await call('PATCH /v1/routines/{id}', { path: { id: routine.id }, body });
    await reloadRoutines();
    return undefined;
  });

/** Changes the dates that a routine leaves out. They are read first, because another device may have changed them. */
const changeSkips = (routine: Routine, change: (skips: readonly string[]) => string[]) =>
  runAction(routineKey(routine), async () => {
    const path = { id: routine.id };
    const current = await call('GET /v1/routines/{id}', { path });
    await call('PATCH /v1/routines/{id}', { path, body: { skip: change(comingSkips(current.routine)) } });
    await reloadRoutines();
    return undefined;
  });

/** Leaves out one date of a routine. */
export const skipDate = (routine: Routine, day: string): Promise<void> =>
  changeSkips(routine, (skips) => [...new Set([...skips, day])]);

/** Undoes `skipDate`. */
export const unskipDate = (routine: Routine, day: string): Promise<void> =>
  changeSkips(routine, (skips) => skips.filter((skipped) => skipped !== day));

/** Lists the dates, from today on, that a routine leaves out. */
export const comingSkips = ({ skip }: Routine): readonly string[] => skip.filter((day) => day >= today());

export const endRoutine = (routine: Routine): Promise<void> =>
  runAction(routineKey(routine), async () => {
    await call('DELETE /v1/routines/{id}', { path: { id: routine.id } });
    await reloadRoutines();
    return undefined;
  });

/** How many days ahead the page looks for a routine's next date: three weeks, so that two of its dates may be left out. */
const DAYS_AHEAD = 21;

/**
 * Finds the next date of a routine: the day of its next pre-booking, or else its next weekday that neither the routine nor a
 * pause leaves out.
 *
 * @returns today if every date is left out.
 */
export function nextDate(routine: Routine): string {
  if (routine.next) return routine.next.day;
  const days = Array.from({ length: DAYS_AHEAD }, (_, index) => addDays(today(), index));
  // A pause without a routine is one of all routines.
  const pauses = seen.value.pauses.filter(({ routineId }) => routineId === null || routineId === routine.id);
  const isLeftOut = (day: string) =>
    routine.skip.includes(day) || pauses.some(({ from, until }) => from <= day && day <= until);
  return days.find((day) => weekdayNumber(day) === routine.weekday && !isLeftOut(day)) ?? today();
}

/** The key of the actions that change pauses. */
export const PAUSES = 'pauses';

/** A class that stays booked although a pause covers it. */
export type StillBooked = Operations['PUT /v1/pauses']['answer']['booked'][number];

/** Writes a note about the classes that stay booked; undefined if there are none. */
type WriteNote = (booked: readonly StillBooked[]) => string | undefined;

/** Changes the pauses. They are read first, because another device may have changed them, and the service replaces all of them. */
const changePauses = (change: (pauses: readonly Pause[]) => readonly Pause[], writeNote: WriteNote) =>
  runAction(PAUSES, async () => {
    const { pauses } = await call('GET /v1/pauses', {});
    const body = {
      pauses: change(pauses.filter(hasNotEnded)).map(({ from, until, routineId }) => ({
        from,
        until,
        ...(routineId !== null && { routineId }),
      })),
    };
    const answer = await call('PUT /v1/pauses', { body });
    updateSeen({ pauses: answer.pauses });
    await reloadRoutines();
    return writeNote(answer.booked);
  });

const hasNotEnded = ({ until }: Pause): boolean => until >= today();

/** Lists the pauses that have not ended. */
export const currentPauses = (): readonly Pause[] => seen.value.pauses.filter(hasNotEnded);

export function addPause(from: string, until: string, writeNote: WriteNote): Promise<void> {
  const added = { from, until, routineId: null };
  // A repeat, whose first answer was lost, finds the pause already there.
  return changePauses((pauses) => [...pauses.filter((pause) => !isSamePause(pause, added)), added], writeNote);
}

export const endPause = (ended: Pause, writeNote: WriteNote): Promise<void> =>
  changePauses((pauses) => pauses.filter((pause) => !isSamePause(pause, ended)), writeNote);

const isSamePause = (one: Pause, other: Pause): boolean =>
  one.from === other.from && one.until === other.until && one.routineId === other.routineId;

/** Returns next week, from Monday to Sunday. */
export function nextWeek(): { readonly from: string; readonly until: string } {
  // Monday is weekday 1, and Sunday is 7.
  const monday = addDays(today(), 8 - weekdayNumber(today()));
  return { from: monday, until: addDays(monday, 6) };
}

/** Loads again what a change of routines or pauses may have changed. */
const reloadRoutines = (): Promise<void> => reload(loadRoutines, loadPrebookings, loadShownDays);
