import { expect, test } from 'vitest';
import type { Simulator } from '../../infra/simulator/control.ts';
import { redactName } from '../../lib/doctor/ask.ts';
import { examined } from '../support/doctor/examined.ts';

/** What it finds when AimHarder is in trouble, refuses, or sends what nobody has seen. Its switches are in switches.test.ts. */

test('at an unchanged AimHarder nothing is reported, and nothing is booked', async () => {
  const { changed, unknown, exit, shots, shown } = await examined({});

  expect({ changed, unknown, exit, shots }).toEqual({ changed: [], unknown: [], exit: 0, shots: 0 });
  expect(shown).toContain('Every fact holds.');
});

test.each([
  ['is down', { kind: 'status', status: 503 }],
  ['breaks the connection', { kind: 'reset' }],
  ['blocks this machine', { kind: 'status', status: 403 }],
  ['has been asked too often', { kind: 'status', status: 429 }],
] as const)('when AimHarder %s, nothing is called changed', async (_name, fault) => {
  const { changed, unknown, exit } = await examined(
    {},
    { prepare: (simulator) => simulator.failNext('/api/login', fault, 9) },
  );

  expect({ changed, exit }).toEqual({ changed: [], exit: 2 });
  expect(unknown).toContain('login');
});

test.each(
  ['/api/whoami', '/api/bookings', '/api/nextBookings', '/api/tokenUpdate', '/setrefresh'].flatMap((path) =>
    [500, 403, 429].map((status) => [path, status] as const),
  ),
)('%s answering %i is unknown, the rest is asked', async (path, status) => {
  const prepare = (simulator: Simulator) => simulator.failNext(path, { kind: 'status', status }, 999);
  const { changed, unknown, of, exit, shown } = await examined({}, { prepare });

  expect(changed).toEqual([]);
  expect(unknown.length).toBeGreaterThan(0);
  expect(of('login')?.verdict).toBe('ok');
  expect(exit).toBe(2);
  expect(shown).toContain(`Could not be told: ${unknown.join(', ')}.`);
  expect(shown.includes('refuses this address')).toBe(status !== 500);
});

test.concurrent.each([403, 429] as const)(
  'an address that is refused with %i is told apart from a login that has changed',
  async (status) => {
    const { changed, exit, shown, alarm } = await examined({ refusesAddress: status });

    expect({ changed, exit }).toEqual({ changed: [], exit: 2 });
    expect(shown).toMatch(/AimHarder, or a proxy in front of it, refuses this address.*eu-south-2/s);
    expect(shown).not.toMatch(/login\.ts|new login|Nobody can log in/);
    expect(alarm.reason).toMatch(/^AimHarder, or a proxy in front of it, refuses this address/);
  },
);

test('if only the login of a stranger is refused with 429, this address is not refused', async () => {
  const { changed, of, alarm } = await examined(
    {},
    {
      prepare: (simulator) => simulator.failNext('/api/login', { kind: 'status', status: 429 }, 1, { skip: 1 }),
    },
  );

  expect(changed).toEqual([]);
  expect(of('login')?.verdict).toBe('ok');
  expect(of('refusal')?.verdict).toBe('unknown');
  expect(alarm.reason).toBeUndefined();
});

const ANSWERED = (body: object, status = 200) => ({ kind: 'answer', status, body: JSON.stringify(body) }) as const;

test.each([
  ['401', { wrongPassword: '401' }, /wrong e-mail or password \(status 401/],
  ['200', { wrongPassword: '200' }, /wrong e-mail or password \(status 200/],
] as const)('a wrong password is told as such (%s), and no stranger is tried', async (_name, options, found) => {
  const { changed, exit, of } = await examined(options, { password: 'wrong-one' });

  expect({ changed, exit }).toEqual({ changed: [], exit: 2 });
  expect(of('login')?.found).toMatch(found);
  expect(of('refusal')).toBeUndefined();
});

test.each(['es', 'ca', 'en'] as const)('a lock and a wrong password are distinguished (%s)', async (language) => {
  const lock = async (simulator: Simulator) => {
    await fetch(`${simulator.origins.login}/api/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: 'ada.lovelace@example.com', password: 'wrong-one', fingerprint: 'x' }),
    });
  };
  const { changed, exit, of } = await examined({ lockAfter: 1, language }, { prepare: lock });

  expect({ changed, exit }).toEqual({ changed: [], exit: 2 });
  expect(of('login')?.found).toMatch(/locked after too many wrong attempts/);
});

test.each([
  [{ error: { code: 400, message: 'LOGIN_ERROR_MALFORMED_BODY' } }, 400, /error LOGIN_ERROR_MALFORMED_BODY$/],
  [{ error: { code: 401, message: 'LOGIN_ERROR_CAPTCHA' } }, 401, /error LOGIN_ERROR_CAPTCHA$/],
  [{ error: { message: 'Sorry, ada.lovelace@example.com' } }, 401, /error another kind of name$/],
  [{ error: 'no' }, 200, /^no JSON login: status 200 with JSON$/],
  [{ data: {} }, 200, /^no JSON login/],
] as const)('a login that answers %j has changed: it is no wrong password', async (body, status, found) => {
  const { changed, exit, of } = await examined(
    {},
    { prepare: (simulator) => simulator.failNext('/api/login', ANSWERED(body, status), 1) },
  );

  expect(changed).toContain('login');
  expect(exit).toBe(1);
  expect(of('login')?.found).toMatch(found);
});

/** A row as it was first seen. */
const ROW = {
  ...{ id: 1, zoomid: null, zoomJoinUrl: null, zoomJoinPw: null, onlineclass: 0, idres: null, spotres: null },
  ...{ time: '07:00 - 08:00', timeid: '0700_60', classId: 411, className: 'WOD', classDesc: '', boxName: 'Box' },
  ...{ boxDir: 'Calle', boxPic: null, coachName: null, coachPic: null, enabled: 1, bookState: null, limit: '14' },
  ...{ limitc: 14, ocupation: 9, checkAthletesNum: 0, waitlist: -1, cancelledId: null, color: '1, 2, 3' },
  ...{ classLength: 60, resadmin: 0, included: 1 },
};

const listed = (row: object, envelope: object = { resmsgs: [] }) => ({
  prepare: (simulator: Simulator) =>
    simulator.failNext(
      '/api/bookings',
      ANSWERED({ clasesDisp: '', timetable: [], day: '', bookings: [row], seminars: [], ...envelope }),
      99,
    ),
});

test.each<[string, object, object, RegExp]>([
  ['no resmsgs', ROW, {}, /^as it was$/],
  ['hidden', { ...ROW, hidden: 0 }, { resmsgs: [] }, /seen before: hidden is new \(number\)/],
  ['a text for limitc', { ...ROW, limitc: '14' }, { resmsgs: [] }, /seen before: limitc is text, not number/],
  ['a text for cancelledId', { ...ROW, cancelledId: '5' }, { resmsgs: [] }, /seen before: cancelledId is text/],
  ['a text for the id', { ...ROW, id: '1' }, { resmsgs: [] }, /seen before: id is text/],
  ['a number for the limit', { ...ROW, limit: 14 }, { resmsgs: [] }, /^as it was$/],
  ['an hour of one digit', { ...ROW, time: '9:00-10:00', timeid: '900_60' }, { resmsgs: [] }, /^as it was$/],
])('a timetable with %s is as it has been seen before', async (_name, row, envelope, found) => {
  const { changed, of } = await examined({}, listed(row, envelope));

  expect(changed).toEqual([]);
  expect(of('timetable')?.verdict).toBe('ok');
  expect(of('timetable: rows')?.found).toMatch(found);
});

test('an object in the place of a list has changed', async () => {
  const { of } = await examined({}, listed(ROW, { resmsgs: {} }));

  expect(of('timetable: envelope')?.verdict).toBe('changed');
  expect(of('timetable: envelope')?.found).toMatch(/resmsgs is object, not list/);
});

test('only new facts are reported', async () => {
  const { changed, of, shown } = await examined({}, listed({ ...ROW, limitc: '14', ocupation: '9' }));

  expect(changed).toEqual(['timetable: rows']);
  expect(of('timetable: rows')?.found).toBe('ocupation is text, not number');
  expect(shown).toContain('Changed: timetable: rows.');
  expect(shown).not.toContain('Every fact holds.');
});

test('the name of a field that is data stays where it is', async () => {
  const { shown: told, changed } = await examined({}, listed({ ...ROW, 'Ada Lovelace 1815': 1 }));

  expect(changed).toContain('timetable: rows');
  expect(told).toContain('another kind of name is new');
});

test.each([
  ['AWSALBCORS', 'AWSALBCORS'],
  ['ada@example.com', 'another kind of name'],
  ['u1815', 'another kind of name'],
  ['', 'another kind of name'],
  ['x'.repeat(31), 'another kind of name'],
])('of the name %j is shown %j', (name, expected) => {
  expect(redactName(name)).toBe(expected);
});
