import type { Phrases } from './words.ts';

const none = (theClass: string, reason: string) => `${theClass} could not be booked: ${reason}.`;

export const en: Phrases = {
  locale: 'en-GB',
  nameless: 'the class',
  theClass: ({ name, box, day, time }) => `${name} (${box}) on ${day} at ${time}`,
  shortly: ({ name, day, time }) => `${name}, ${day}, ${time}`,
  instant: (day, time) => `on ${day} at ${time}`,
  subjects: {
    booked: (c) => `Booked: ${c}`,
    waitlisted: (c) => `On the waitlist: ${c}`,
    failed: (c) => `No place: ${c}`,
    'login-needed': (c) => `Log in so that we can book: ${c}`,
    'wake-up-late': (c) => `The booking started late: ${c}`,
    'wake-up-lost': (c) => `The booking did not start by itself: ${c}`,
  },
  outcomes: {
    booked: (c) => `You have a place in ${c}.`,
    'already-booked': (c) => `You already had a place in ${c}.`,
    waitlisted: (c) => `You are on the waitlist of ${c}.`,
    'class-full': (c) => none(c, 'the class is full'),
    'class-not-found': (c) => none(c, 'the class is no longer in the box’s timetable'),
    'no-credit': (c) => none(c, 'you have no credits left'),
    unpaid: (c) => none(c, 'you have an unpaid receipt'),
    'booking-limit': (c) => none(c, 'you have reached your plan’s limit of bookings'),
    'too-early': (c) => none(c, 'the box did not open bookings when it was to'),
    'too-late': (c) => none(c, 'bookings for the class were closed already'),
    'login-required': (c) => none(c, 'AimHarder had ended the session; log in to On the Dot again'),
    missed: (c) => none(c, 'we were not there when its bookings opened; the fault is ours'),
    'upstream-rejected': (c) => none(c, 'AimHarder answered with an error'),
    'upstream-unreachable': (c) => none(c, 'AimHarder could not be reached'),
    'upstream-timeout': (c) =>
      `We do not know whether you have a place in ${c}: AimHarder did not answer in time, and its timetable does not show one. Please look.`,
    unknown: (c) =>
      `We do not know whether you have a place in ${c}: AimHarder gave an answer that we do not know. Please look in its app.`,
  },
  quoted: (words) => `AimHarder says: “${words}”`,
  loginNeeded: (next) =>
    next
      ? `There is no session at AimHarder to book with. Log in to On the Dot before bookings open for ${next.theClass}, ${next.opens}: without it nothing can be booked.`
      : 'AimHarder has ended the session that we book with. You have no pre-booking pending now; log in to On the Dot before the next one.',
  loginNeededSubject: 'Log in to On the Dot again',
  wakeUpLate: (c, seconds) =>
    `The booking of ${c} started ${seconds} s later than it should have, and had less time to prepare. Another message tells how it ended.`,
  wakeUpLost: (c) =>
    `What was to start the booking of ${c} got lost. We have noticed and started it; we will tell you how it ends.`,
  webhookDisabled: {
    subject: 'Your webhook has been disabled',
    text: (host) =>
      `Your webhook at ${host} takes no messages, or has asked for none, and has been disabled. Set it again in On the Dot to activate it.`,
  },
};
