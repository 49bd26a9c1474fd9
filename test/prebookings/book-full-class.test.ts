import { expect, onTestFinished, test } from 'vitest';
import { bookOrOrder } from '../../lib/prebookings/create-prebooking.ts';
import type { Heard, Scripted } from '../support/aimharder/scripted-upstream.ts';
import { answer, listing, MEMBER, membersAtBox, row, SOUGHT } from '../support/bookings/at-box.ts';
import { virtualClock } from '../support/platform/virtual-clock.ts';
import { orderingMember } from '../support/prebookings/ordering-member.ts';
import { START } from '../support/sessions/session-world.ts';

/* A member books at once. AimHarder gives a place on the waitlist only to a request that asks for it (`insist=1`). */

const atBox = membersAtBox();
const unhurried = new AbortController().signal;
const REQUEST = { box: SOUGHT.box, day: SOUGHT.day, classId: SOUGHT.classId, whenTooEarly: 'prebook' } as const;
const FULL = answer({ bookState: -1 });

const asksForWaitlist = ({ body }: Pick<Heard, 'body'>) => new URLSearchParams(body).get('insist') === '1';

/**
 * Books a class that has become full.
 *
 * @param shown the row of the timetable. @param waitlist AimHarder's answer to a request for the waitlist.
 */
async function book(shown: object, waitlist: Scripted = answer({ bookState: 0, id: 90001 })) {
  const clock = virtualClock(START);
  onTestFinished(clock.stop);
  let isWaiting = false;
  const script = {
    bookings: () => listing(row({ ...shown, ...(isWaiting && { bookState: 0, idres: 90001 }) })),
    book(heard: Heard) {
      if (!asksForWaitlist(heard)) return FULL;
      isWaiting = waitlist !== FULL;
      return waitlist;
    },
    whoami: MEMBER,
  };
  const member = await atBox(script, clock);
  const { caller, deps, stored } = orderingMember(member);
  const told = await clock.run(() =>
    bookOrOrder(deps, caller, REQUEST, unhurried).then(
      ({ kind }) => ({ kind }),
      ({ code, message }: { readonly code: string; readonly message: string }) => ({ code, message }),
    ),
  );
  const asked = member.heard.filter(({ path }) => path.endsWith('/api/book'));
  return { told, asked: asked.map(asksForWaitlist), stored: (await stored()).bookings };
}

test('a class that is shown as full is booked onto its waitlist, although AimHarder wants to be asked', async () => {
  const { told, asked, stored } = await book({ limitc: 10, ocupation: 10, waitlist: 0 });

  expect(told).toEqual({ kind: 'waitlisted' });
  expect(asked).toEqual([false, true]);
  expect(stored).toMatchObject([{ key: 'crossfit-demo#90001', booked: { kind: 'waitlisted' } }]);
});

test('if the waitlist is full too, the member is told so', async () => {
  const { told, asked } = await book({ limitc: 10, ocupation: 10, waitlist: 4 }, FULL);

  expect(told).toEqual({ code: 'class-full', message: 'The class and its waitlist are full.' });
  expect(asked).toEqual([false, true]);
});

test.each<[string, object]>([
  ['that fills only after the timetable has shown a seat', { limitc: 10, ocupation: 9, waitlist: 0 }],
  ['without a waitlist', { limitc: 10, ocupation: 10, waitlist: -1 }],
  ['whose capacity is unknown', { ocupation: 10, waitlist: 0 }],
])('the waitlist of a class %s is not asked for, and not called full', async (_class, shown) => {
  const { told, asked } = await book(shown);

  expect(told).toEqual({ code: 'class-full', message: 'The class is full.' });
  expect(asked).toEqual([false]);
});

test('a member who has a place in a full class is not put on its waitlist', async () => {
  const { asked } = await book({ limitc: 10, ocupation: 10, waitlist: 0, bookState: 1, idres: 7 });

  expect(asked).toEqual([false]);
});
