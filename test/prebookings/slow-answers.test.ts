import { expect, onTestFinished, test } from 'vitest';
import { SECOND } from '../../lib/platform/clock.ts';
import { createPrebooking } from '../../lib/prebookings/create-prebooking.ts';
import type { WhenFull } from '../../lib/prebookings/prebooking.ts';
import type { Scripted } from '../support/aimharder/scripted-upstream.ts';
import { answer, listing, MEMBER, membersAtBox, row, SOUGHT } from '../support/bookings/at-box.ts';
import { virtualClock } from '../support/platform/virtual-clock.ts';
import { orderingMember } from '../support/prebookings/ordering-member.ts';
import { START } from '../support/sessions/session-world.ts';

/* AimHarder takes 7 s for each answer. The route is aborted after 28.5 s, and has to record before what it has booked. */

const atBox = membersAtBox();
const unhurried = new AbortController().signal;
const QUEUE = listing(row({ bookState: 0, idres: 90001 }));
const FULL = answer({ bookState: -1 });

/** Orders a class whose bookings are open. @param bookings the answers to the booking requests, in order. */
async function order(whenFull: WhenFull, bookings: readonly Scripted[]) {
  const clock = virtualClock(START);
  onTestFinished(clock.stop);
  const slowly = (scripted: Scripted): Scripted => ({
    ...scripted,
    after: clock.until(clock.monotonic() + 7 * SECOND, unhurried),
  });
  let asked = 0;
  const script = {
    bookings: () => slowly(asked === 0 ? listing(row()) : QUEUE),
    book() {
      asked += 1;
      return slowly(bookings[asked - 1] ?? FULL);
    },
    whoami: () => slowly(MEMBER),
    cancelBook: () => slowly(answer({ cancelState: 1 })),
  };
  const { caller, deps, stored } = orderingMember(await atBox(script, clock));
  const request = { box: SOUGHT.box, day: SOUGHT.day, classId: SOUGHT.classId, whenFull };
  const ordered = await clock.run(() => createPrebooking(deps, caller, request, {}, unhurried));
  return { ...ordered, tookMs: clock.monotonic() - START, asked, stored: (await stored()).orders };
}

test('a member who wants the waitlist has the place, recorded, before the route is aborted', async () => {
  const { prebooking, tookMs, asked, stored } = await order('waitlist', [FULL, answer({ bookState: 1, id: 90001 })]);

  expect(tookMs).toBeLessThanOrEqual(26 * SECOND);
  expect(asked).toBe(2);
  expect(prebooking).toMatchObject({ status: 'waitlisted', result: { bookingId: '90001' } });
  expect(stored).toMatchObject([{ status: 'waitlisted' }]);
});

test('a member who does not want the waitlist stays on it, if there is no time to leave it', async () => {
  const { prebooking, tookMs, stored } = await order('skip', [answer({ bookState: 0, id: 90001 })]);

  expect(tookMs).toBeLessThanOrEqual(26 * SECOND);
  expect(prebooking).toMatchObject({ status: 'waitlisted', result: { bookingId: '90001' } });
  expect(stored).toMatchObject([{ status: 'waitlisted' }]);
});
