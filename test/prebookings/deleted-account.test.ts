import { expect, test } from 'vitest';
import { bookOrOrder, createPrebooking } from '../../lib/prebookings/create-prebooking.ts';
import { KEYS } from '../support/aimharder/known-answers.ts';
import type { Scripted } from '../support/aimharder/scripted-upstream.ts';
import { answer, listing, MEMBER, membersAtBox, row, SOUGHT } from '../support/bookings/at-box.ts';
import { orderingMember } from '../support/prebookings/ordering-member.ts';

/* A member deletes the account while AimHarder answers a request to book: nothing is stored of what comes of it. */

const atBox = membersAtBox();

const unhurried = new AbortController().signal;
const REQUEST = { box: SOUGHT.box, day: SOUGHT.day, classId: SOUGHT.classId };
const BOOKED = answer({ bookState: 1, id: 90001 });
const TOO_EARLY = answer({
  ...{ bookState: -12, errorMssgLang: KEYS.days },
  errorMssg: 'No puedes reservar con más de 2 días de antelación',
});

/** A member whose account is being deleted as soon as AimHarder gets the request to book, and what is stored of them. */
async function deletedWhile(booking: Scripted) {
  let isDeleted = false;
  const atMember = await atBox({
    book() {
      isDeleted = true;
      return booking;
    },
    bookings: () => listing(row(isDeleted && booking === BOOKED ? { bookState: 1, idres: 90001 } : {})),
    whoami: MEMBER,
  });
  return orderingMember(atMember, () => isDeleted);
}

const NOTHING = { bookings: [], orders: [], armed: [] };

test('a booking that is made is told, and not recorded', async () => {
  const { deps, caller, stored } = await deletedWhile(BOOKED);

  const made = await bookOrOrder(deps, caller, { ...REQUEST, whenTooEarly: 'prebook' }, unhurried);

  expect(made).toMatchObject({ kind: 'booked', bookingId: '90001' });
  expect(await stored()).toEqual(NOTHING);
});

test('an order whose class was open already is told as booked, and not stored', async () => {
  const { deps, caller, stored } = await deletedWhile(BOOKED);

  const { prebooking } = await createPrebooking(deps, caller, REQUEST, {}, unhurried);

  expect(prebooking).toMatchObject({ status: 'booked', result: { bookingId: '90001' } });
  expect(await stored()).toEqual(NOTHING);
});

test('an order whose class is not open yet is refused, and has no wake-up', async () => {
  const { deps, caller, stored } = await deletedWhile(TOO_EARLY);

  const ordered = createPrebooking(deps, caller, REQUEST, {}, unhurried);

  await expect(ordered).rejects.toMatchObject({ code: 'session-changed', retryAfter: 60 });
  expect(await stored()).toEqual(NOTHING);
});
