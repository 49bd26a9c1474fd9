import { computed, signal } from '@preact/signals';
import type { Box, Class, ListedBooking, Pause, Prebooking, Routine } from '../api-types.ts';
import { addDays, findDay } from '../texts/format.ts';
import { call, type Failure, failureFrom } from './api.ts';
import { chosenDay } from './screen.ts';
import { serverNow } from './server-clock.ts';
import { keepForMember, readKeptForMember, signedIn, whenCleared } from './session.ts';

/** How many days the page shows, from today. AimHarder lists about two weeks. */
const SHOWN_DAYS = 14;

/** A day's classes. @property at when they were read, on the server's clock. */
export type ListedDay = { readonly classes: readonly Class[]; readonly at: number };

/** Everything that the page has last read or chosen. It is kept in the browser for a start without a network. */
type Seen = {
  readonly boxes: readonly Box[];
  /** The chosen box. */
  readonly box: string | null;
  /** The person that the page books for; null is the member. */
  readonly familyId: string | null;
  /** The classes that are listed, by `dayKey`. */
  readonly days: Readonly<Record<string, ListedDay>>;
  readonly bookings: readonly ListedBooking[];
  /** Whether AimHarder's own list could be read in full. If not, bookings that were made outside this service may be missing. */
  readonly bookingsComplete: boolean;
  readonly prebookings: readonly Prebooking[];
  readonly routines: readonly Routine[];
  readonly pauses: readonly Pause[];
  /** When the pre-bookings were last read, on the server's clock; null if never. Without a network, the page shows this time. */
  readonly at: number | null;
};

const NOTHING: Seen = {
  boxes: [],
  box: null,
  familyId: null,
  days: {},
  bookings: [],
  bookingsComplete: true,
  prebookings: [],
  routines: [],
  pauses: [],
  at: null,
};

export const seen = signal<Seen>(NOTHING);

/** Why the last loading failed; null if it succeeded. */
export const loadFailure = signal<Failure | null>(null);

/** The chosen box, or the member's first one. */
export const box = computed<Box | undefined>(
  () => seen.value.boxes.find(({ box: name }) => name === seen.value.box) ?? seen.value.boxes[0],
);
/** The chosen box's time zone. Until the boxes are known, that of most boxes. */
export const zone = computed(() => box.value?.timezone ?? 'Europe/Madrid');
export const findBox = (name: string): Box | undefined => seen.value.boxes.find(({ box: boxName }) => boxName === name);
export const zoneOf = (name: string): string => findBox(name)?.timezone ?? zone.value;

export const today = (): string => findDay(zone.value, serverNow());
export const shownDays = (): readonly string[] => {
  const first = today();
  return Array.from({ length: SHOWN_DAYS }, (_, index) => addDays(first, index));
};

/** Builds the key of a listed day. */
const dayKey = (boxName: string, familyId: string | null, day: string) => `${boxName} ${familyId ?? ''} ${day}`;

/** Reads the day from such a key, which ends with `YYYY-MM-DD`. */
const dayOfKey = (key: string): string => key.slice(-10);

/** The classes of a day at the chosen box, for the chosen person; undefined while they are not known. */
export const listedDay = (day: string): ListedDay | undefined =>
  box.value && seen.value.days[dayKey(box.value.box, seen.value.familyId, day)];

/** Finds the day to show: the chosen day, or else the first day with a class left (`hasClassLeft`), or else today. */
export function shownDay(): string {
  const days = shownDays();
  if (chosenDay.value !== null && days.includes(chosenDay.value)) return chosenDay.value;
  const isTodayOver = listedDay(today()) !== undefined && !hasClassLeft(today());
  return (isTodayOver ? days.find(hasClassLeft) : undefined) ?? today();
}

/** Checks whether a day has a class that has not begun, or a class of the member's own that has not ended. */
const hasClassLeft = (day: string): boolean =>
  listedDay(day)?.classes.some((listed) => isAhead(listed) || (isMine(listed) && hasNotEnded(listed))) ?? false;

/** Checks whether the member has a place in a class. */
export const isMine = ({ state }: Class): boolean => state === 'booked' || state === 'waitlisted';
const hasNotEnded = ({ endsAt }: Class): boolean => endsAt !== null && Date.parse(endsAt) > serverNow();

/** Checks whether a class has not begun. */
export const isAhead = ({ startsAt }: Class): boolean => Date.parse(startsAt) > serverNow();

/** Changes `seen`, and keeps it in the browser. */
export function updateSeen(change: Partial<Seen>): void {
  seen.value = { ...seen.value, ...change };
  void keepForMember('seen', seen.value);
}

/** Restores what was kept for the member who is signed in. */
export async function restoreSeen(): Promise<void> {
  seen.value = { ...NOTHING, ...(await readKeptForMember<Seen>('seen')) };
}

whenCleared(() => {
  seen.value = NOTHING;
  loadFailure.value = null;
});

async function loadBoxes(): Promise<void> {
  const { boxes } = await call('GET /v1/boxes', { query: {} });
  updateSeen({ boxes, box: box.value?.box ?? boxes[0]?.box ?? null });
}

/** Reads the classes of some days. @param first the first day. @param count how many days: at most seven, the API's limit. */
export async function loadDays(first: string, count: number): Promise<void> {
  const { familyId } = seen.value;
  const name = box.value?.box;
  if (name === undefined) return;
  const query = { box: name, day: first, days: count, ...(familyId !== null && { familyId }) };
  const { classes } = await call('GET /v1/classes', { query });
  const at = serverNow();
  const readDays = Array.from({ length: count }, (_, index) => addDays(first, index)).map((day) => [
    dayKey(name, familyId, day),
    { classes: classes.filter((listed) => listed.day === day), at },
  ]);
  // Past days are dropped.
  const current = Object.entries(seen.value.days).filter(([key]) => dayOfKey(key) >= today());
  updateSeen({ days: { ...Object.fromEntries(current), ...Object.fromEntries(readDays) } });
}

/** Reads the pre-bookings and the shown day again. No other day is read, because each day costs a request to AimHarder. */
export async function refreshShown(): Promise<void> {
  await Promise.all([loadPrebookings(), loadDays(shownDay(), 1)]);
}

/** Reads pre-bookings, from last week on. */
export async function loadPrebookings(): Promise<void> {
  const query = { from: addDays(today(), -7), limit: 100 };
  const { prebookings } = await call('GET /v1/prebookings', { query });
  updateSeen({ prebookings, at: serverNow() });
}

/** Reads what the member has at AimHarder in the next two weeks. */
export async function loadBookings(): Promise<void> {
  const { bookings, complete } = await call('GET /v1/bookings', { query: { limit: 100 } });
  updateSeen({ bookings, bookingsComplete: complete });
}

export async function loadRoutines(): Promise<void> {
  const [{ routines }, { pauses }] = await Promise.all([
    call('GET /v1/routines', { query: { limit: 100 } }),
    call('GET /v1/pauses', {}),
  ]);
  updateSeen({ routines, pauses });
}

/** Builds the key of a day for the chosen box and person. */
export const chosenDayKey = (day: string): string => dayKey(box.value?.box ?? '', seen.value.familyId, day);

/** Shows the new state of a class until its day is read again. @param key the key of its day. */
export function replaceClass(key: string, changed: Class): void {
  const listed = seen.value.days[key];
  if (!listed) return;
  const classes = listed.classes.map((one) => (one.classId === changed.classId ? changed : one));
  updateSeen({ days: { ...seen.value.days, [key]: { ...listed, classes } } });
}

/** Checks whether a pre-booking has no outcome yet. */
export const isUnfinished = ({ status }: Prebooking): boolean => status === 'pending' || status === 'firing';

export function replacePrebooking(changed: Prebooking): void {
  const { prebookings } = seen.value;
  const others = prebookings.filter(({ id }) => id !== changed.id);
  updateSeen({ prebookings: [changed, ...others] });
}

/** Loads the days that are shown, the nearest first. @throws ApiError */
export async function loadShownDays(): Promise<void> {
  const first = today();
  // The service asks AimHarder for each day, so the first day alone arrives sooner than a week.
  if (!listedDay(first)) await loadDays(first, 1);
  await loadDays(first, SHOWN_DAYS / 2);
  await loadDays(addDays(first, SHOWN_DAYS / 2), SHOWN_DAYS / 2);
}

/**
 * Loads again what an action of the member has changed. A failure is shown at the top of the page, and not thrown, because the
 * action itself was done.
 */
export async function reload(...loads: readonly (() => Promise<void>)[]): Promise<void> {
  try {
    await Promise.all(loads.map((load) => load()));
  } catch (error) {
    // A success clears nothing, because another load may have failed.
    loadFailure.value = failureFrom(error);
  }
}

/** Loads something. A failure is shown at the top of the page, and not thrown. */
export async function loadAndReport(load: () => Promise<void>): Promise<void> {
  try {
    await load();
    loadFailure.value = null;
  } catch (error) {
    loadFailure.value = failureFrom(error);
  }
}

let loading: Promise<void> | undefined;
whenCleared(() => {
  loading = undefined;
});

/** Reads everything that the page shows. Concurrent callers share one reading. */
export function loadAll(): Promise<void> {
  loading ??= loadAndReport(readAll).finally(() => {
    loading = undefined;
  });
  return loading;
}

async function readAll(): Promise<void> {
  if (!signedIn.value) return;
  // If a box is known already, nothing waits for the boxes: that saves a round trip before the first card.
  const boxes = loadBoxes();
  if (!box.value) await boxes;
  await Promise.all([boxes, loadShownDays(), loadBookings(), loadPrebookings(), loadRoutines()]);
}
