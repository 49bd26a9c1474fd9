import { computed, effect } from '@preact/signals';
import type { Prebooking } from '../api-types.ts';
import { after } from '../browser-clock.ts';
import { resumeWaiting } from './actions.ts';
import { call, failureFrom, isOffline } from './api.ts';
import { loadBookings, loadDays, refreshShown, replacePrebooking, seen } from './data.ts';
import { serverNow } from './server-clock.ts';
import { signedIn } from './session.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** How long before its opening a pre-booking is shown as a moment, and how long its result stays, in milliseconds. */
const SHOWN_BEFORE = MINUTE;
const SHOWN_AFTER = 5 * MINUTE;

/** When to ask again after a failure that names no time, and while there is no network, in milliseconds. */
const RETRY_DELAY = 5 * SECOND;
const OFFLINE_DELAY = 5 * SECOND;

const isOpen = ({ status }: Prebooking): boolean => status === 'pending' || status === 'firing';

/** Checks whether a pre-booking is in its moment: from a minute before its opening until some minutes after. */
export function isInMoment(prebooking: Prebooking, now: number): boolean {
  const left = Date.parse(prebooking.opensAt) - now;
  if (isOpen(prebooking)) return left <= SHOWN_BEFORE;
  return prebooking.result?.firedAt != null && left <= 0 && left > -SHOWN_AFTER;
}

/** The pending pre-booking that opens next. */
const nearest = computed(
  () =>
    seen.value.prebookings
      .filter(isOpen)
      .toSorted((one, other) => Date.parse(one.opensAt) - Date.parse(other.opensAt))[0],
);

/**
 * How long to wait before the nearest pre-booking is looked at again, in milliseconds: seldom while its opening is far, every
 * second around it.
 *
 * @param left the time until the opening, in milliseconds; undefined if there is none.
 */
function pollDelay(left: number | undefined): number {
  if (left === undefined || left > 10 * MINUTE) return MINUTE;
  if (left > 90 * SECOND) return 20 * SECOND;
  if (left > 12 * SECOND) return 8 * SECOND;
  if (left > 4 * SECOND) return Math.min(4 * SECOND, left - 3 * SECOND);
  return left > -20 * SECOND ? SECOND : 3 * SECOND;
}

let stopTimer = () => {};
let retryAt = 0;
let lastLoad = 0;

/** Looks at the nearest pre-booking again and again, as long as the page is open and somebody is signed in. */
export function watchPrebookings(): void {
  lastLoad = serverNow();
  // A pre-booking that is new, or has changed, may need a look sooner than the one before.
  effect(() => {
    if (signedIn.value) setTimer(nearest.value);
    else stopTimer();
  });
}

const timeLeft = (one: Prebooking | undefined): number | undefined => one && Date.parse(one.opensAt) - serverNow();

function setTimer(next: Prebooking | undefined): void {
  stopTimer();
  const delay = isOffline.peek() ? OFFLINE_DELAY : pollDelay(timeLeft(next));
  stopTimer = after(Math.max(retryAt - serverNow(), delay), () => void look(next));
}

async function look(next: Prebooking | undefined): Promise<void> {
  try {
    if (document.visibilityState === 'visible') await read(next);
    if (!isOffline.value) resumeWaiting();
  } catch (error) {
    const failure = failureFrom(error);
    retryAt = failure.kind === 'refused' ? (failure.retryAt ?? serverNow() + RETRY_DELAY) : 0;
  }
  if (signedIn.value) setTimer(nearest.value);
}

/** Reads once a minute what may have changed on the screen; but near an opening, only the pre-booking. */
async function read(next: Prebooking | undefined): Promise<void> {
  const left = timeLeft(next);
  const isNear = left !== undefined && left < 90 * SECOND;
  if (!next || (!isNear && serverNow() - lastLoad >= MINUTE) || isOffline.value) {
    lastLoad = serverNow();
    await refreshShown();
  } else await lookAt(next);
}

/** Reads one pre-booking. When it has ended, reads the classes of its day too, because its card changes. */
async function lookAt({ id }: Prebooking): Promise<void> {
  const { prebooking } = await call('GET /v1/prebookings/{id}', { path: { id } });
  replacePrebooking(prebooking);
  if (!isOpen(prebooking)) await Promise.all([loadDays(prebooking.day, 1), loadBookings()]);
}
