import { computed, effect } from '@preact/signals';
import type { Prebooking } from '../api-types.ts';
import { after } from '../browser-clock.ts';
import { resumeWaiting } from './actions.ts';
import { call, failureFrom, isOffline } from './api.ts';
import { isUnfinished, loadBookings, loadDays, refreshShown, replacePrebooking, seen } from './data.ts';
import { serverNow } from './server-clock.ts';
import { signedIn } from './session.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** How long before its opening a pre-booking is first shown above the rest, in milliseconds. */
const SHOWN_BEFORE = MINUTE;
/** How long after the opening its result stays there, in milliseconds. */
const SHOWN_AFTER = 5 * MINUTE;

/** How long to wait after a refusal that does not say when to try again, in milliseconds. */
const RETRY_DELAY = 5 * SECOND;
/** How long to wait while there is no network, in milliseconds. */
const OFFLINE_DELAY = 5 * SECOND;

/** Checks whether a pre-booking is shown above the rest: from a minute before its opening and, with a result, until five minutes after. */
export function isNearOpening(prebooking: Prebooking, now: number): boolean {
  const left = Date.parse(prebooking.opensAt) - now;
  if (isUnfinished(prebooking)) return left <= SHOWN_BEFORE;
  return prebooking.result !== null && left <= SHOWN_BEFORE && left > -SHOWN_AFTER;
}

/** The unfinished pre-booking that opens next. */
const nearest = computed(
  () =>
    seen.value.prebookings
      .filter(isUnfinished)
      .toSorted((one, other) => Date.parse(one.opensAt) - Date.parse(other.opensAt))[0],
);

/**
 * Computes how long to wait before the nearest pre-booking is read again, in milliseconds: a minute while its opening is far
 * away, a second around it.
 *
 * @param left the time until the opening, in milliseconds; undefined if there is none.
 */
function pollDelay(left: number | undefined): number {
  if (left === undefined || left > 10 * MINUTE) return MINUTE;
  if (left > 90 * SECOND) return 20 * SECOND;
  if (left > 12 * SECOND) return 8 * SECOND;
  // The next reading comes 3 s before the opening, if not earlier.
  if (left > 4 * SECOND) return Math.min(4 * SECOND, left - 3 * SECOND);
  return left > -20 * SECOND ? SECOND : 3 * SECOND;
}

let stopTimer = () => {};
/** Before this time, on the server's clock, nothing is read; 0 for no limit. */
let retryAt = 0;
/** When `refreshShown` was last called, on the server's clock; at first, when the watch began. */
let refreshedAt = 0;

/** Reads the nearest pre-booking again and again, as long as the page is open and a member is signed in. */
export function watchPrebookings(): void {
  refreshedAt = serverNow();
  // If the nearest pre-booking is new or has changed, it may have to be read sooner than the timer says.
  effect(() => {
    if (signedIn.value) setTimer(nearest.value);
    else stopTimer();
  });
}

const timeLeft = (prebooking: Prebooking | undefined): number | undefined =>
  prebooking && Date.parse(prebooking.opensAt) - serverNow();

/** Sets the timer for the next reading, in place of the earlier timer. */
function setTimer(next: Prebooking | undefined): void {
  stopTimer();
  const delay = isOffline.peek() ? OFFLINE_DELAY : pollDelay(timeLeft(next));
  stopTimer = after(Math.max(retryAt - serverNow(), delay), () => void poll(next));
}

async function poll(next: Prebooking | undefined): Promise<void> {
  try {
    if (document.visibilityState === 'visible') await readNews(next);
    if (!isOffline.value) resumeWaiting();
  } catch (error) {
    const failure = failureFrom(error);
    retryAt = failure.kind === 'refused' ? (failure.retryAt ?? serverNow() + RETRY_DELAY) : 0;
  }
  if (signedIn.value) setTimer(nearest.value);
}

/**
 * Reads the nearest pre-booking. Once a minute, but not near an opening, reads all pre-bookings and the shown day instead; also if
 * nothing is pending, or the network was away.
 */
async function readNews(next: Prebooking | undefined): Promise<void> {
  const left = timeLeft(next);
  const isOpeningSoon = left !== undefined && left < 90 * SECOND;
  if (!next || (!isOpeningSoon && serverNow() - refreshedAt >= MINUTE) || isOffline.value) {
    refreshedAt = serverNow();
    await refreshShown();
  } else await readPrebooking(next);
}

/** Reads one pre-booking. If it has ended, also reads the classes of its day and the bookings, which have changed with it. */
async function readPrebooking({ id }: Prebooking): Promise<void> {
  const { prebooking } = await call('GET /v1/prebookings/{id}', { path: { id } });
  replacePrebooking(prebooking);
  if (!isUnfinished(prebooking)) await Promise.all([loadDays(prebooking.day, 1), loadBookings()]);
}
