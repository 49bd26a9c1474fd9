import { computed, signal } from '@preact/signals';
import type { Box, Class, ListedBooking, Pause, Prebooking, Routine } from '../api-types.ts';
import { dayIn, plusDays } from '../texts/format.ts';
import { call, type Failure, failureFrom } from './api.ts';
import { keep, readKept } from './kept.ts';
import { chosenDay } from './screen.ts';
import { serverNow } from './server-clock.ts';
import { signedIn, whenCleared } from './session.ts';

/** How many days the page shows, from today. AimHarder lists about two weeks. */
const SHOWN_DAYS = 14;

/** A day's classes, and when they were read. */
export type ListedDay = { readonly classes: readonly Class[]; readonly at: number };

/** Everything that was last known, as it is kept for a start without a network. */
type Seen = {
  readonly boxes: readonly Box[];
  readonly box: string | null;
  readonly familyId: string | null;
  readonly days: Readonly<Record<string, ListedDay>>;
  readonly bookings: readonly ListedBooking[];
  /** Whether AimHarder's own list could be read; otherwise only what was booked here is known. */
  readonly bookingsComplete: boolean;
  readonly prebookings: readonly Prebooking[];
  readonly routines: readonly Routine[];
  readonly pauses: readonly Pause[];
  /** When the lists were last read; null if never. */
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

/** Why the last loading failed; null if it did not. */
export const loadFailure = signal<Failure | null>(null);

export const box = computed<Box | undefined>(
  () => seen.value.boxes.find((one) => one.box === seen.value.box) ?? seen.value.boxes[0],
);
export const zone = computed(() => box.value?.timezone ?? 'Europe/Madrid');
export const findBox = (name: string): Box | undefined => seen.value.boxes.find((one) => one.box === name);
export const zoneOf = (name: string): string => findBox(name)?.timezone ?? zone.value;

export const today = (): string => dayIn(zone.value, serverNow());
export const shownDays = (): readonly string[] => {
  const first = today();
  return Array.from({ length: SHOWN_DAYS }, (_, index) => plusDays(first, index));
};

const dayKey = (boxName: string, familyId: string | null, day: string) => `${boxName} ${familyId ?? ''} ${day}`;

/** The classes of a day at the chosen box, for the chosen person; undefined while they are not known. */
export const listedDay = (day: string): ListedDay | undefined =>
  box.value && seen.value.days[dayKey(box.value.box, seen.value.familyId, day)];

/** The day that is shown: the chosen one; otherwise today, or, if nothing is left of today, the first day of which something is left. */
export function shownDay(): string {
  const days = shownDays();
  if (chosenDay.value !== null && days.includes(chosenDay.value)) return chosenDay.value;
  const isOver = listedDay(today()) && !hasClassLeft(today());
  return (isOver && days.find(hasClassLeft)) || today();
}

/** Whether a day has a class that is still to begin, or one of the member's own that is still to end. */
const hasClassLeft = (day: string): boolean =>
  listedDay(day)?.classes.some((one) => isAhead(one) || (isMine(one) && isRunning(one))) ?? false;

export const isMine = ({ state }: Class): boolean => state === 'booked' || state === 'waitlisted';
const isRunning = ({ endsAt }: Class): boolean => endsAt !== null && Date.parse(endsAt) > serverNow();

export const isAhead = ({ startsAt }: Class): boolean => Date.parse(startsAt) > serverNow();

/** Changes what is known, and keeps it for a start without a network. */
export function learn(change: Partial<Seen>): void {
  if (!signedIn.value) return;
  seen.value = { ...seen.value, ...change };
  void keep('seen', seen.value);
}

export async function restoreSeen(): Promise<void> {
  const kept = await readKept<Seen>('seen');
  if (kept) seen.value = { ...NOTHING, ...kept };
}

whenCleared(() => {
  seen.value = NOTHING;
  loadFailure.value = null;
});

async function loadBoxes(): Promise<void> {
  const { boxes } = await call('GET /v1/boxes', { query: {} });
  learn({ boxes, box: box.value?.box ?? boxes[0]?.box ?? null });
}

/** Reads the classes of one to seven days. */
export async function loadDays(first: string, count: number): Promise<void> {
  const { familyId } = seen.value;
  const name = box.value?.box;
  if (name === undefined) return;
  const query = { box: name, day: first, days: count, ...(familyId !== null && { familyId }) };
  const { classes } = await call('GET /v1/classes', { query });
  const at = serverNow();
  const read = Array.from({ length: count }, (_, index) => plusDays(first, index)).map((day) => [
    dayKey(name, familyId, day),
    { classes: classes.filter((one) => one.day === day), at },
  ]);
  // Days that are over are no longer shown.
  const current = Object.entries(seen.value.days).filter(([key]) => key.slice(-first.length) >= today());
  learn({ days: { ...Object.fromEntries(current), ...Object.fromEntries(read) } });
}

/** Reads the pre-bookings and the shown day again. Each day is a request to AimHarder, so no other day is read. */
export async function refreshShown(): Promise<void> {
  await Promise.all([loadPrebookings(), loadDays(shownDay(), 1)]);
}

/** Reads pre-bookings, from last week on. */
export async function loadPrebookings(): Promise<void> {
  const query = { from: plusDays(today(), -7), limit: 100 };
  const { prebookings } = await call('GET /v1/prebookings', { query });
  learn({ prebookings, at: serverNow() });
}

/** Reads what the member has at AimHarder in the next two weeks. */
export async function loadBookings(): Promise<void> {
  const { bookings, complete } = await call('GET /v1/bookings', { query: { limit: 100 } });
  learn({ bookings, bookingsComplete: complete });
}

export async function loadRoutines(): Promise<void> {
  const [{ routines }, { pauses }] = await Promise.all([
    call('GET /v1/routines', { query: { limit: 100 } }),
    call('GET /v1/pauses', {}),
  ]);
  learn({ routines, pauses });
}

export function replacePrebooking(changed: Prebooking): void {
  const { prebookings } = seen.value;
  const others = prebookings.filter(({ id }) => id !== changed.id);
  learn({ prebookings: [changed, ...others] });
}

/** Reads the days that are shown, the nearest first. @throws ApiError */
async function readShownDays(): Promise<void> {
  const first = today();
  // AimHarder is asked for each day, so the first one alone is there sooner than a week.
  if (!listedDay(first)) await loadDays(first, 1);
  await loadDays(first, SHOWN_DAYS / 2);
  await loadDays(plusDays(first, SHOWN_DAYS / 2), SHOWN_DAYS / 2);
}

/** Reads the days that are shown, such as after another box was chosen. */
export const loadShownDays = (): Promise<void> => reportFailure(readShownDays);

async function reportFailure(load: () => Promise<void>): Promise<void> {
  try {
    await load();
    loadFailure.value = null;
  } catch (error) {
    loadFailure.value = failureFrom(error);
  }
}

let loading: Promise<void> | undefined;

/** Reads everything that the page shows. Callers at the same time share one reading. */
export function loadAll(): Promise<void> {
  loading ??= reportFailure(readAll).finally(() => {
    loading = undefined;
  });
  return loading;
}

async function readAll(): Promise<void> {
  if (!signedIn.value) return;
  // A box that is known already saves a round trip before the first card.
  const boxes = loadBoxes();
  if (!box.value) await boxes;
  await Promise.all([boxes, readShownDays(), loadBookings(), loadPrebookings(), loadRoutines()]);
}
