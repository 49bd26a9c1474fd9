import type { AddClass, Fault, GymOptions } from '../../../../infra/local/gym/gym.ts';
import * as asked from './asked.ts';

/** Switches thrown → what is asked → the expected answer. Times are those of a Thursday, 12:00 in Madrid. */
export type Behaviour = {
  readonly switches: GymOptions;
  readonly says: string;
  readonly ask: asked.Ask;
  /** The class that is asked for; by default one that opens now. */
  readonly wanted?: AddClass;
  readonly answer: unknown;
};

const HOUR = 3_600_000;
const FULL = { opensInMs: 0, capacity: 0 } satisfies AddClass;
const STILL = { inboundMs: 0, outboundMs: 0, jitterMedianMs: 0, jitterSigma: 0 };
const REFUSED_LOGIN = { status: 401, json: { error: { code: 401, message: 'LOGIN_ERROR_LOGIN' } }, logsIn: false };
const AUTH_FALSE = { data: { auth: { authOK: false } } };
const EARLY = 'ERROR_ANTELACION_CLIENTE';

const login: readonly Behaviour[] = [
  {
    switches: {},
    says: 'the JSON login lets in',
    ask: asked.jsonLogin,
    answer: { status: 200, json: { data: { auth: { authOK: true } } }, authCookie: true, logsIn: true },
  },
  {
    switches: { generation: 2026 },
    says: 'the form shows the home page and lets nobody in',
    ask: asked.formLogin,
    answer: { status: 200, html: true, authCookie: false, logsIn: false },
  },
  { switches: { generation: 2025 }, says: 'no JSON login', ask: asked.jsonLogin, answer: { status: 404 } },
  {
    switches: { generation: 2025 },
    says: 'the form lets in',
    ask: asked.formLogin,
    answer: { status: 200, authCookie: true, logsIn: true },
  },
  { switches: { generation: 'both' }, says: 'the form lets in', ask: asked.formLogin, answer: { logsIn: true } },
  { switches: { generation: 'both' }, says: 'the JSON login too', ask: asked.jsonLogin, answer: { logsIn: true } },
  {
    switches: { generation: 2025, formSuccess: 'redirect' },
    says: 'the form leads home',
    ask: asked.formLogin,
    answer: { status: 302, location: '/www/home', authCookie: true, logsIn: true },
  },
  {
    switches: {},
    says: 'a form sent to the JSON login is malformed',
    ask: asked.formToJson,
    answer: { json: { error: { message: 'LOGIN_ERROR_MALFORMED_BODY' } }, logsIn: false },
  },
  { switches: { wrongPassword: '401' }, says: 'wrong password', ask: asked.wrongLogin, answer: REFUSED_LOGIN },
  {
    switches: { wrongPassword: '200' },
    says: 'wrong password',
    ask: asked.wrongLogin,
    answer: { status: 200, json: AUTH_FALSE, authCookie: false, logsIn: false },
  },
  {
    switches: { loginTrap: 'no-cookie' },
    says: 'authOK without the cookie',
    ask: asked.jsonLogin,
    answer: { status: 200, json: { data: { auth: { authOK: true } } }, authCookie: false, logsIn: false },
  },
  {
    switches: { loginTrap: 'cookie-only' },
    says: 'the cookie without authOK',
    ask: asked.jsonLogin,
    answer: { status: 200, json: AUTH_FALSE, authCookie: true, logsIn: false },
  },
  {
    switches: { lockAfter: 1 },
    says: 'locked after a wrong password',
    ask: asked.wrongThenRight,
    answer: { status: 200, json: AUTH_FALSE, logsIn: false },
  },
  { switches: { lockAfter: null }, says: 'never locked', ask: asked.wrongThenRight, answer: { logsIn: true } },
  { switches: { members: ['ada@example.com'] }, says: 'no member', ask: asked.jsonLogin, answer: REFUSED_LOGIN },
  {
    switches: {},
    says: 'the session’s cookie',
    ask: asked.sessionCookie,
    answer: 'amhrdrauth; Domain=.aimharder.com; Path=/; Max-Age=7776000; HttpOnly',
  },
  {
    switches: { cookieDomain: null },
    says: 'the session’s cookie',
    ask: asked.sessionCookie,
    answer: 'amhrdrauth; Path=/; Max-Age=7776000; HttpOnly',
  },
];

const BALANCER = 'AWSALB AWSALBCORS';

const sessions: readonly Behaviour[] = [
  {
    switches: { tokenUpdate: 'present', tokenUpdateCookies: 'balancer' },
    says: 'tokenUpdate',
    ask: asked.tokenUpdate,
    answer: { status: 200, answer: 'newToken', cookies: BALANCER },
  },
  {
    switches: { tokenUpdateCookies: 'all' },
    says: 'tokenUpdate',
    ask: asked.tokenUpdate,
    answer: { status: 200, answer: 'newToken', cookies: `amhrdrauth PHPSESSID ${BALANCER}` },
  },
  ...(['404', '405', 'html'] as const).map((tokenUpdate) => ({
    switches: { tokenUpdate },
    says: 'tokenUpdate is gone',
    ask: asked.tokenUpdate,
    answer: { status: tokenUpdate === 'html' ? 200 : Number(tokenUpdate), answer: 'no JSON', cookies: BALANCER },
  })),
  { switches: {}, says: 'an older token is taken', ask: asked.oldToken, answer: ['newToken'] },
  { switches: { oldTokenLifeMs: 0 }, says: 'an older token', ask: asked.oldToken, answer: ['logout'] },
  { switches: {}, says: 'another’s fingerprint', ask: asked.wrongFingerprint, answer: { logout: 1 } },
  { switches: { keptAliveBy: 'use' }, says: 'use', ask: asked.livingAfter40Minutes, answer: [1, 'newToken'] },
  { switches: { keptAliveBy: 'tokenUpdate' }, says: 'use', ask: asked.livingAfter40Minutes, answer: [0, 'logout'] },
  {
    switches: { keptAliveBy: 'tokenUpdate', sessionIdleMs: HOUR },
    says: 'a longer life',
    ask: asked.livingAfter40Minutes,
    answer: [1, 'newToken'],
  },
  { switches: {}, says: 'two logins, one fingerprint', ask: asked.twoLogins('phone'), answer: [1, 1] },
  {
    switches: { sameFingerprintEndsFirst: true },
    says: 'two logins, one fingerprint',
    ask: asked.twoLogins('phone'),
    answer: [0, 1],
  },
  {
    switches: { sameFingerprintEndsFirst: true },
    says: 'two logins, two fingerprints',
    ask: asked.twoLogins('tablet'),
    answer: [1, 1],
  },
  { switches: { logoutEnds: 'one' }, says: 'another session', ask: asked.logoutBesideAnother, answer: 1 },
  { switches: { logoutEnds: 'all' }, says: 'another session', ask: asked.logoutBesideAnother, answer: 0 },
];

const tooEarly = (errorMssgLang: string, errorMssg: string) => ({ bookState: -12, errorMssgLang, errorMssg });

const opening: readonly Behaviour[] = [
  ...(
    [
      ['es', 'No puedes reservar clases con más de 4 días de antelación'],
      ['ca', "No pots reservar classes amb més de 4 dies d'antelació"],
      ['en', 'You cannot book classes more than 4 days in advance'],
    ] as const
  ).map(([language, text]) => ({
    switches: { language },
    says: 'too early, in days',
    ask: asked.book,
    wanted: { opensInMs: HOUR },
    answer: tooEarly(EARLY, text),
  })),
  ...(
    [
      ['es', 'No puedes reservar clases con más de 48 horas de antelación'],
      ['ca', "No pots reservar classes amb més de 48 hores d'antelació"],
      ['en', 'You cannot book classes more than 48 hours in advance'],
    ] as const
  ).map(([language, text]) => ({
    switches: { language, rule: { unit: 'hours', amount: 48 } as const },
    says: 'too early, in hours',
    ask: asked.book,
    wanted: { opensInMs: HOUR },
    answer: tooEarly(`${EARLY}_HORAS`, text),
  })),
  {
    switches: { rule: { weekday: 7, time: '17:30' } },
    says: 'too early, by the clock',
    ask: asked.book,
    wanted: { opensInMs: HOUR },
    answer: tooEarly(EARLY, 'Todavía no puedes reservar esta clase'),
  },
  {
    switches: { boxRules: { 'crossfit-demo': { unit: 'hours', amount: 24 } } },
    says: 'too early, by the box’s own rule',
    ask: asked.bookFromTimetable,
    answer: tooEarly(`${EARLY}_HORAS`, 'No puedes reservar clases con más de 24 horas de antelación'),
  },
  {
    switches: { boxRules: { 'crossfit-demo': { unit: 'hours', amount: 24 } } },
    says: 'another box keeps the common rule',
    ask: asked.openingIn('box-tenerife', '2026-01-21', '09:00'),
    answer: '2026-01-17T09:00:00.000Z',
  },
  {
    switches: { rule: { unit: 'days', amount: 4 } },
    says: 'days go by the wall clock',
    ask: asked.openingIn('crossfit-demo', '2026-10-27', '08:00'),
    answer: '2026-10-23T06:00:00.000Z',
  },
  {
    switches: { rule: { unit: 'hours', amount: 96 } },
    says: 'hours elapse',
    ask: asked.openingIn('crossfit-demo', '2026-10-27', '08:00'),
    answer: '2026-10-23T07:00:00.000Z',
  },
  {
    switches: { tooEarlyState: -4 },
    says: 'too early',
    ask: asked.book,
    wanted: { opensInMs: HOUR },
    answer: { bookState: -4 },
  },
  { switches: { gateBiasMs: 20 }, says: 'at the opening', ask: asked.book, answer: { bookState: -12 } },
  {
    switches: { gateBiasMs: 20 },
    says: '20 ms later',
    ask: asked.book,
    wanted: { opensInMs: -20 },
    answer: { bookState: 1 },
  },
];

const booking: readonly Behaviour[] = [
  { switches: {}, says: 'a seat', ask: asked.book, answer: { bookState: 1, id: '90000001' } },
  { switches: { seatState: 0 }, says: 'a seat', ask: asked.book, answer: { bookState: 0, id: '90000001' } },
  { switches: {}, says: 'no session', ask: asked.bookWithoutSession, answer: { logout: 1 } },
  {
    switches: {},
    says: 'the waitlist',
    ask: asked.book,
    wanted: { ...FULL, waitlist: 1 },
    answer: { bookState: 0, id: '90000001' },
  },
  {
    switches: { waitState: 1 },
    says: 'the waitlist',
    ask: asked.book,
    wanted: { ...FULL, waitlist: 1 },
    answer: { bookState: 1, id: '90000001' },
  },
  {
    switches: { waitlistNeedsInsist: true },
    says: 'the waitlist, not insisting',
    ask: asked.book,
    wanted: { ...FULL, waitlist: 1 },
    answer: { bookState: -1 },
  },
  {
    switches: { waitlistNeedsInsist: true },
    says: 'the waitlist, insisting',
    ask: asked.bookInsisting,
    wanted: { ...FULL, waitlist: 1 },
    answer: { bookState: 0 },
  },
  { switches: {}, says: 'full', ask: asked.book, wanted: FULL, answer: { bookState: -1 } },
  {
    switches: {},
    says: 'competitors, all of whom have come',
    ask: asked.book,
    wanted: { opensInMs: -2_000, capacity: 8, competitors: 8, fillMs: 1_000 },
    answer: { bookState: -1 },
  },
  {
    switches: {},
    says: 'competitors, none of whom has come',
    ask: asked.book,
    wanted: { opensInMs: 0, capacity: 8, competitors: 8, fillMs: 1_000 },
    answer: { bookState: 1 },
  },
  {
    switches: {},
    says: 'competitors, some of whom wait',
    ask: asked.book,
    wanted: { opensInMs: -2_000, capacity: 8, waitlist: 4, competitors: 10, fillMs: 1_000 },
    answer: { bookState: 0 },
  },
  { switches: { competitors: { count: 9, fillMs: 10_000 } }, says: 'taken', ask: asked.takenSeats, answer: 9 },
  { switches: { noCredit: true }, says: 'no credit', ask: asked.book, answer: { bookState: -2 } },
  { switches: { outOfTariff: ['WOD'] }, says: 'not in the tariff', ask: asked.book, answer: { bookState: -2 } },
  { switches: { unpaid: true }, says: 'unpaid', ask: asked.book, answer: { bookState: -5 } },
  {
    switches: {},
    says: 'a class that has begun',
    ask: asked.book,
    wanted: { opensInMs: -HOUR, startsInMs: -60_000 },
    answer: { bookState: -7 },
  },
  {
    switches: { closesBeforeMs: 2 * HOUR },
    says: 'closed',
    ask: asked.book,
    wanted: { opensInMs: -HOUR, startsInMs: HOUR },
    answer: { bookState: -7 },
  },
  { switches: { dailyLimit: 0 }, says: 'the day’s limit', ask: asked.book, answer: { bookState: -8, max: 0 } },
  {
    switches: { contractLimit: 0 },
    says: 'the contract’s limit',
    ask: asked.book,
    answer: { bookState: -12, errorMssgLang: 'HASSUPERADOLIMITCONTR' },
  },
  ...(
    [
      ['es', 'No puedes hacer más de una reserva a la misma hora'],
      ['ca', 'No pots fer més d’una reserva a la mateixa hora'],
      ['en', 'You cannot make more than one booking at the same time'],
    ] as const
  ).map(([language, text]) => ({
    switches: { language },
    says: 'booked already',
    ask: asked.bookTwice,
    answer: tooEarly('NOPUEDESRESERVAMISMAHORA', text),
  })),
  { switches: {}, says: 'for one of the family', ask: asked.bookForFamily('77'), answer: { bookState: 1 } },
  {
    switches: {},
    says: 'for a stranger',
    ask: asked.bookForFamily('78'),
    answer: { errorMssg: 'El familiar no existe' },
  },
  {
    switches: {},
    says: 'cancelled by the box',
    ask: asked.book,
    wanted: { opensInMs: 0, cancelled: true },
    answer: { bookState: -12, errorMssg: 'Esta clase no se puede reservar' },
  },
  {
    switches: {},
    says: 'for the staff',
    ask: asked.book,
    wanted: { opensInMs: 0, staffOnly: true },
    answer: { bookState: -12 },
  },
];

const soon = (hours: number): AddClass => ({ opensInMs: -1, startsInMs: hours * HOUR });

const cancelling: readonly Behaviour[] = [
  { switches: {}, says: 'cancelled in time', ask: asked.cancel('0'), wanted: soon(2), answer: { cancelState: 1 } },
  { switches: {}, says: 'cancelled late', ask: asked.cancel('0'), wanted: soon(1), answer: { cancelState: 2 } },
  { switches: {}, says: 'late, and meant', ask: asked.cancel('1'), wanted: soon(1), answer: { cancelState: 1 } },
  { switches: {}, says: 'by the slot’s id', ask: asked.cancel('0', 'slot'), answer: { cancelState: 3 } },
  {
    switches: { lateCancelMs: 0 },
    says: 'never late',
    ask: asked.cancel('0'),
    wanted: soon(1),
    answer: { cancelState: 1 },
  },
];

const listing: readonly Behaviour[] = [
  {
    switches: {},
    says: 'a row',
    ask: asked.bookedRow,
    answer: { id: 900_000_001, bookState: 1, idres: 90_000_001, limitc: 14, cancelledId: null, enabled: 1, included: 1 },
  },
  {
    switches: { typeDrift: true },
    says: 'a row',
    ask: asked.bookedRow,
    answer: { id: '900000001', bookState: '1', idres: '90000001', limitc: '14' },
  },
  { switches: {}, says: 'a class not open', ask: asked.row, wanted: { opensInMs: HOUR }, answer: { enabled: 1 } },
  {
    switches: { hiddenUntilOpen: true },
    says: 'a class not open',
    ask: asked.row,
    wanted: { opensInMs: HOUR },
    answer: undefined,
  },
  {
    switches: { outOfTariff: ['WOD'], closesBeforeMs: 100 * HOUR },
    says: 'a row that nobody may book',
    ask: asked.row,
    wanted: { opensInMs: 0, cancelled: true, staffOnly: true },
    answer: { cancelledId: expect.any(Number), resadmin: 1, included: 0, enabled: 0 },
  },
  {
    switches: { seed: 1 },
    says: 'the hours of a day',
    ask: asked.hours,
    answer: ['0700', '0800', '0930', '0930', '1130', '1300', '1530', '1700', '1800', '1800', '1900', '2000'],
  },
  {
    switches: { seed: 2 },
    says: 'the hours of a day',
    ask: asked.hours,
    answer: expect.not.arrayContaining(['1130', '1530']),
  },
];

const network: readonly Behaviour[] = [
  { switches: {}, says: 'a shot', ask: asked.flight, answer: { lateness: 0, date: '11:00:00' } },
  {
    switches: { path: { ...STILL, inboundMs: 30, outboundMs: 20 } },
    says: 'a shot',
    ask: asked.flight,
    answer: { lateness: 30 },
  },
  {
    switches: { path: { ...STILL, inboundMs: 30, jitterMedianMs: 2 } },
    says: 'a shot',
    ask: asked.flight,
    answer: { lateness: 32 },
  },
  {
    switches: { pathPerConnection: { minMs: 7, maxMs: 7 } },
    says: 'a shot',
    ask: asked.flight,
    answer: { lateness: 7 },
  },
  {
    switches: { skewMs: 1_990, answerMs: { min: 20, max: 20 } },
    says: 'a shot',
    ask: asked.flight,
    answer: { lateness: 0, date: '11:00:02' },
  },
  { switches: { servers: [-2_000] }, says: 'a shot', ask: asked.flight, answer: { lateness: -2_000, date: '10:59:58' } },
  { switches: { date: 'exact' }, says: 'the time', ask: asked.dates, answer: ['11:00:00 null', '11:00:03 null'] },
  { switches: { date: 'missing' }, says: 'the time', ask: asked.dates, answer: ['undefined null', 'undefined null'] },
  { switches: { date: 'cached' }, says: 'the time', ask: asked.dates, answer: ['11:00:00 0', '11:00:00 3'] },
  { switches: { date: 'stale' }, says: 'the time', ask: asked.dates, answer: ['11:00:00 null', '11:00:00 null'] },
];

const struck = (fault: Fault, rate = 1): GymOptions => ({ faultRates: [{ path: '/api/book', fault, rate }] });

const PAGE = '200 <!DOCTYPE html>';
const BOOKED = '200 {"clasesContrat';

const faults: readonly Behaviour[] = (
  [
    [{ kind: 'status', status: 403 }, '403 <!DOCTYPE html>', 0],
    [{ kind: 'status', status: 429 }, '429 <!DOCTYPE html>', 0],
    [{ kind: 'status', status: 500 }, '500 <!DOCTYPE html>', 0],
    [{ kind: 'status', status: 503 }, '503 <!DOCTYPE html>', 0],
    [{ kind: 'answer', body: '{"bookState":-9}' }, '200 {"bookState":-9', 0],
    [{ kind: 'html' }, PAGE, 0],
    [{ kind: 'huge' }, '200 {"bookings":[],', 0],
    [{ kind: 'redirect' }, '302 ', 0],
    [{ kind: 'logout' }, '200 {"logout":1}', 0],
    [{ kind: 'too-early' }, '200 {"bookState":-1', 0],
    [{ kind: 'reset' }, 'broken', 0],
    [{ kind: 'reset-after' }, 'broken', 1],
    [{ kind: 'truncated' }, BOOKED, 1],
    [{ kind: 'slow', ms: 20 }, BOOKED, 1],
    [{ kind: 'silent' }, 'none', 0],
    [{ kind: 'silent-after' }, 'none', 1],
  ] as const
).map(([fault, answer, made]) => ({
  switches: struck(fault),
  says: 'a booking',
  ask: fault.kind.startsWith('silent') ? asked.bookIntoSilence : asked.bookIntoFault,
  answer: { answer, made, ...(!answer.startsWith('2') || { long: fault.kind === 'huge' }) },
}));

export const BEHAVIOUR: readonly Behaviour[] = [
  ...login,
  ...sessions,
  ...opening,
  ...booking,
  ...cancelling,
  ...listing,
  ...network,
  ...faults,
  { switches: struck({ kind: 'html' }, 0), says: 'a booking', ask: asked.book, answer: { bookState: 1 } },
];
