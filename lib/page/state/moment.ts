import { computed } from '@preact/signals';
import type { Prebooking } from '../api-types.ts';
import { pause } from '../browser-clock.ts';
import { ApiError, call, isOffline } from './api.ts';
import { loadAll, loadDays, replacePrebooking, seen } from './data.ts';
import { serverNow } from './server-clock.ts';
import { signedIn } from './session.ts';
import { hasWaiting, resumeWaiting } from './actions.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** From when on an opening is shown as the moment, and how long its result stays, in milliseconds. */
const SHOWN_BEFORE = MINUTE;
const SHOWN_AFTER = 5 * MINUTE;

const isOpen = ({ status }: Prebooking): boolean => status === 'pending' || status === 'firing';

/** Whether a pre-booking is in its moment: from a minute before its opening until some minutes after. */
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
export function pollDelay(left: number | undefined): number {
  if (left === undefined || left > 10 * MINUTE) return MINUTE;
  if (left > 90 * SECOND) return 20 * SECOND;
  if (left > 12 * SECOND) return 8 * SECOND;
  if (left > 4 * SECOND) return Math.min(4 * SECOND, left - 3 * SECOND);
  return left > -20 * SECOND ? SECOND : 3 * SECOND;
}

/** Looks at the nearest pre-booking again and again, as long as the page is open and somebody is signed in. */
export async function watchPrebookings(): Promise<never> {
  let retryAt = 0;
  let lastLoad = serverNow();
  for (;;) {
    const opensAt = nearest.value && Date.parse(nearest.value.opensAt);
    const left = opensAt === undefined ? undefined : opensAt - serverNow();
    await pause(Math.max(retryAt - serverNow(), pollDelay(left)));
    if (document.visibilityState === 'hidden' || !signedIn.value) continue;
    try {
      if (serverNow() - lastLoad >= MINUTE && (left === undefined || left > 90 * SECOND)) {
        lastLoad = serverNow();
        await loadAll();
      } else if (nearest.value) await lookAt(nearest.value);
      if (!isOffline.value && hasWaiting()) resumeWaiting();
    } catch (error) {
      const failure = error instanceof ApiError ? error.failure : undefined;
      retryAt = failure?.kind === 'refused' ? (failure.retryAt ?? serverNow() + 5 * SECOND) : 0;
    }
  }
}

/** Reads one pre-booking. When it has ended, reads the classes of its day too, because its card changes. */
async function lookAt({ id }: Prebooking): Promise<void> {
  const { prebooking } = await call('GET /v1/prebookings/{id}', { path: { id } });
  replacePrebooking(prebooking);
  if (!isOpen(prebooking)) await loadDays([prebooking.day]);
}
