import { expect, test } from 'vitest';
import { bookAtOnce } from '../../lib/bookings/book-class.ts';
import { bookWithPreference } from '../../lib/bookings/book-with-preference.ts';
import { cancelBooking } from '../../lib/bookings/cancel-booking.ts';
import { listClasses, listOwnClasses } from '../../lib/bookings/classes.ts';
import { MINUTE, SECOND } from '../../lib/platform/clock.ts';
import type { Heard, Scripted } from '../support/aimharder/scripted-upstream.ts';
import { answer, listing, MEMBER, membersAtBox, NOBODY, row, type Script, SOUGHT } from '../support/bookings/at-box.ts';
import { virtualClock } from '../support/platform/virtual-clock.ts';
import { defined, memberUpstream, START } from '../support/sessions/session-world.ts';

const unhurried = new AbortController().signal;
const NEWER = { token: '7|1795000000|newer', cookies: [{ name: 'amhrdrauth', value: 'newer' }] };
const LOGOUT = answer({ logout: 1 });
const MINE = listing(row({ bookState: 1, idres: 55 }));

/** AimHarder knows the session by its newest cookies only. */
const known = (given: Scripted, otherwise: Scripted) => (heard: Heard) =>
  String(heard.headers['cookie']).includes('newer') ? given : otherwise;

const SOUGHT_BY_MEMBER = { box: SOUGHT.box, day: SOUGHT.day };

const atBox = membersAtBox();
const unrecorded = {
  bookings: { findByBookingId: async () => undefined, recordCancelled: async () => undefined },
  findPrebooked: async () => undefined,
  isDeleted: async () => false,
};

/** A member whose token another caller renews after it was opened. */
async function renewedMeanwhile(script: Script) {
  const world = await atBox(script);
  await world.deps.tokens.replaceTokens(world.member.session, NEWER);
  return world;
}

test('a timetable refused because the token was renewed in between is read with the newer token', async () => {
  const { deps, member, asked } = await renewedMeanwhile({ bookings: known(MINE, LOGOUT) });

  const [found] = await listClasses(deps, member, SOUGHT_BY_MEMBER, unhurried);

  expect(found).toMatchObject({ mine: 'booked' });
  expect(asked('bookings')).toBe(2);
});

test('the public timetable is not taken for the member’s own if the token was renewed in between', async () => {
  const { deps, member } = await renewedMeanwhile({
    bookings: known(MINE, listing(row())),
    whoami: known(MEMBER, NOBODY),
  });

  const { box, day } = SOUGHT_BY_MEMBER;
  const [found] = await listOwnClasses(deps, member, { box, days: [day] }, unhurried);

  expect(found?.classes).toMatchObject([{ mine: 'booked' }]);
});

test('a booking refused because the token was renewed in between is made with the newer token', async () => {
  const { deps, member, asked, isAlive } = await renewedMeanwhile({
    book: known(answer({ bookState: 1, id: 55 }), LOGOUT),
    bookings: known(MINE, listing(row())),
  });

  expect(await bookAtOnce(deps, member, SOUGHT, unhurried)).toEqual({ kind: 'booked', bookingId: '55' });

  expect(asked('book')).toBe(2);
  expect(await isAlive()).toBe(true);
});

test('a full class is called full, if the newer token comes too late to ask for its waitlist', async ({
  onTestFinished,
}) => {
  const clock = virtualClock(START);
  onTestFinished(clock.stop);
  const late = { ...LOGOUT, after: clock.until(START + 2 * SECOND, unhurried) };
  const answers = [answer({ bookState: -1 }), late];
  const script = { book: () => answers.shift() ?? LOGOUT, bookings: listing(row()), whoami: MEMBER };
  const { deps, member, asked } = await atBox(script, clock);
  await deps.tokens.replaceTokens(member.session, NEWER);
  const sought = { ...SOUGHT, acceptWaitlist: true, answerBy: START + 9 * SECOND };

  await expect(clock.run(() => bookAtOnce(deps, member, sought, unhurried))).rejects.toThrow('The class is full');

  expect(asked('book')).toBe(2);
});

test('a cancellation refused because the token was renewed in between is made with the newer token', async () => {
  const { deps, member, asked } = await renewedMeanwhile({ cancelBook: known(answer({ cancelState: 1 }), LOGOUT) });

  await cancelBooking({ ...deps, ...unrecorded }, member, { bookingId: '55', late: false }, unhurried);

  expect(asked('cancelBook')).toBe(2);
});

test('a request that is refused while another caller renews the token waits for the newer token', async () => {
  const { deps, member } = await atBox({ bookings: known(MINE, LOGOUT) });
  const locked = defined(await deps.state.acquireRefreshLock(member.session, deps.clock.now() + MINUTE));
  const until = async () => void (await deps.tokens.replaceTokens(locked, NEWER));

  const [found] = await listClasses(
    memberUpstream({ ...deps, clock: { ...deps.clock, until } }),
    member,
    SOUGHT_BY_MEMBER,
    unhurried,
  );

  expect(found).toMatchObject({ mine: 'booked' });
});

test('if the other caller cannot renew the token, the session ends', async () => {
  const { deps, member, isAlive } = await atBox({ bookings: LOGOUT });
  const locked = defined(await deps.state.acquireRefreshLock(member.session, deps.clock.now() + MINUTE));
  const until = async () => void (await deps.state.releaseAfterFailure(locked, 'upstream-timeout'));

  await expect(
    listClasses(memberUpstream({ ...deps, clock: { ...deps.clock, until } }), member, SOUGHT_BY_MEMBER, unhurried),
  ).rejects.toMatchObject({ code: 'login-required' });

  expect(await isAlive()).toBe(false);
});

test('a cancellation refused for another reason is judged by the timetable that the newer token shows', async () => {
  const { deps, member } = await renewedMeanwhile({
    cancelBook: known(answer({ cancelState: 3 }), LOGOUT),
    bookings: known(MINE, listing(row())),
  });

  await expect(
    cancelBooking({ ...deps, ...unrecorded }, member, { bookingId: '55', late: false }, unhurried),
  ).rejects.toMatchObject({ code: 'upstream-rejected' });
});

test('an unwanted place on the waitlist is given up with the newer token', async () => {
  const { deps, member } = await renewedMeanwhile({
    book: known(answer({ bookState: 1, id: 55 }), LOGOUT),
    bookings: known(listing(row({ bookState: 0, idres: 55 })), listing(row())),
    cancelBook: known(answer({ cancelState: 1 }), LOGOUT),
  });

  await expect(bookWithPreference(deps, member, { ...SOUGHT, whenFull: 'skip' }, unhurried)).rejects.toMatchObject({
    code: 'class-full',
  });
});

test('a booking whose answer was lost is looked up with the newer token', async () => {
  const { deps, member } = await renewedMeanwhile({ book: { status: 502 }, bookings: known(MINE, LOGOUT) });

  expect(await bookAtOnce(deps, member, SOUGHT, unhurried)).toEqual({ kind: 'booked', bookingId: '55' });
});

test('if the newer token comes too late to look it up, the outcome is unknown', async () => {
  const { deps, member } = await atBox({ book: { status: 502 }, bookings: listing(row()), whoami: NOBODY });
  await deps.state.acquireRefreshLock(member.session, deps.clock.now() + MINUTE);
  const until = () => Promise.reject(new DOMException('too late', 'TimeoutError'));

  await expect(
    bookAtOnce(memberUpstream({ ...deps, clock: { ...deps.clock, until } }), member, SOUGHT, unhurried),
  ).rejects.toMatchObject({
    code: expect.stringMatching(/^upstream-/),
  });
});
