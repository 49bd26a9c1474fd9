import type { Phrases } from './words.ts';

const notBooked = (theClass: string, reason: string, advice: string) =>
  `${theClass} could not be booked: ${reason}. ${advice}`;

const blocked = (theClass: string, reason: string) => `Your routine cannot book ${theClass}: ${reason}.`;

// In these texts, `c` is the class in words: `theClass`, or in a subject `classInSubject`.
export const en: Phrases = {
  locale: 'en-GB',
  unnamedClass: 'the class',
  forRelative: (name) => `${name} for a relative`,
  theClass: ({ name, box, day, time }) => `${name} (${box}) on ${day} at ${time}`,
  classInSubject: ({ name, day, time }) => `${name}, ${day}, ${time}`,
  moment: (day, time) => `on ${day} at ${time}`,
  subjects: {
    booked: (c) => `Booked: ${c}`,
    waitlisted: (c) => `On the waitlist: ${c}`,
    promoted: (c) => `You have a seat now: ${c}`,
    failed: (c) => `Not booked: ${c}`,
    uncertain: (c) => `We do not know whether you have a place: ${c}`,
    'login-needed': (c) => `Log in so that we can book: ${c}`,
    'routine-blocked': (c) => `Your routine cannot book: ${c}`,
    'routine-cleared': (c) => `Your routine books again: ${c}`,
    'wake-up-late': (c) => `The booking started late: ${c}`,
    'wake-up-lost': (c) => `The booking did not start by itself: ${c}`,
  },
  outcomes: {
    booked: (c) => `You have a place in ${c}.`,
    'already-booked': (c) => `You already had a place in ${c}.`,
    waitlisted: (c) => `You are on the waitlist for ${c}.`,
    'class-full': (c) =>
      notBooked(c, 'the class is full', 'Look for a seat in another class, or join the waitlist if there is one.'),
    'class-not-found': (c) =>
      notBooked(
        c,
        'the class is no longer in the box’s timetable',
        'Look at the timetable and order the class that you want.',
      ),
    'class-cancelled': (c) => notBooked(c, 'the box has cancelled the class', 'Choose another class if you want one.'),
    'no-credit': (c) =>
      notBooked(
        c,
        'you have no credit left, or your plan does not include this class',
        'Talk to your box, then book it yourself if there is still a seat.',
      ),
    unpaid: (c) =>
      notBooked(
        c,
        'you have an unpaid receipt',
        'Pay it or talk to your box, then book the class yourself if there is still a seat.',
      ),
    'booking-limit': (c) =>
      notBooked(
        c,
        'you have reached your plan’s booking limit',
        'Cancel another booking, then book it yourself if there is still a seat.',
      ),
    'too-early': (c) =>
      notBooked(
        c,
        'the box did not open bookings at the expected time',
        'Look whether it is open now, and tell us the right opening when you order the next one.',
      ),
    'too-late': (c) => notBooked(c, 'bookings for the class had already closed', 'Order the next one earlier.'),
    'login-required': (c) =>
      notBooked(
        c,
        'AimHarder had ended our session',
        'Log in to On the Dot again, then book the class yourself if there is still a seat.',
      ),
    missed: (c) =>
      notBooked(
        c,
        'our service was not ready when its bookings opened',
        'This was our fault. Book it yourself if there is still a seat.',
      ),
    'upstream-rejected': (c) => notBooked(c, 'AimHarder answered with an error', 'Look whether there is still a seat.'),
    'upstream-unreachable': (c) => notBooked(c, 'we could not reach AimHarder', 'Look whether there is still a seat.'),
    'upstream-timeout': (c) =>
      `We do not know whether you have a place in ${c}. AimHarder did not answer in time, and we have not found your booking in its timetable. Please check in its app.`,
    unknown: (c) =>
      `We do not know whether you have a place in ${c}. AimHarder’s answer did not tell us, and we could not find out. Please check in its app.`,
  },
  promoted: (c) =>
    `You have a seat now in ${c}: you were on the waitlist, and one became free. If you can no longer come, cancel the booking so that you do not lose the credit.`,
  seatWillBeTold: 'We will tell you if you get a seat.',
  quote: (text) => `AimHarder says: “${text}”`,
  loginNeeded: (next) =>
    next
      ? `We cannot book ${next.theClass}, because we no longer have a session at AimHarder. Bookings open ${next.opens}. Log in to On the Dot before then.`
      : 'We no longer have a session at AimHarder. You have no pending pre-bookings, but we cannot book anything until you log in to On the Dot again.',
  loginNeededSubject: 'Log in to On the Dot again',
  wakeUpLate: (c, seconds) =>
    `The booking of ${c} started ${seconds} s later than planned and had less time to prepare. Another message tells you the result.`,
  wakeUpLost: (c) =>
    `The signal that should have started the booking of ${c} was lost. We noticed and started the booking. Another message will tell you the result.`,
  routineBlocked: {
    'class-not-found': (c) =>
      blocked(c, 'the box’s timetable does not show it. Check the name and the hour of the routine'),
    'class-ambiguous': (c) => blocked(c, 'the timetable shows more than one such class. Book the one that you want'),
    'class-cancelled': (c) => blocked(c, 'the box has cancelled it. The routine goes on with the next date'),
    'class-moved': (c) =>
      blocked(
        c,
        'the box has moved the class to another hour. If you want it at its new hour, change the routine for its old hour',
      ),
    'opening-unknown': (c) => blocked(c, 'we do not know when its bookings open. State the opening in the routine'),
    'prebooking-limit': (c) => blocked(c, 'you have too many pending pre-bookings. Cancel one'),
    'box-not-found': (c) => blocked(c, 'you are no longer a member of the box. Log in again, or delete the routine'),
  },
  routineSuggestions: (names) => `That day’s timetable has: ${names}. Change the routine if you meant one of them.`,
  routineCleared: (c) => `Your routine books again. Nothing stands in the way of ${c} any more.`,
  notInvited: {
    subject: 'You can no longer use On the Dot',
    text: 'The operator of this On the Dot no longer invites your e-mail address. Your sessions, routines and pending pre-bookings here have ended, and we have forgotten your password. What is booked at AimHarder stays booked: cancel it in its app if you no longer want it.',
  },
  channelNames: { webhook: 'webhook', email: 'mail', ntfy: 'ntfy', telegram: 'Telegram', push: 'push' },
  channelDisabled: {
    subject: (channel) => `Your ${channel} has been disabled`,
    text: (where) =>
      `We no longer send messages to ${where}, because it accepted none for a week or refused them for good. The settings of On the Dot show the reason. To use it again, set it up there once more.`,
  },
  test: {
    subject: 'This is a test',
    text: 'Messages from On the Dot reach you here.',
  },
};
