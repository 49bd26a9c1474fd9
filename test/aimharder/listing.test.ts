import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AimHarder, LoggedOut, UpstreamFailure } from '../../lib/aimharder/client.ts';
import { decodeListing, type ListedClass } from '../../lib/aimharder/listing.ts';
import { systemClock } from '../../lib/platform/system-clock.ts';
import { type Scripted, type ScriptedUpstream, scriptedUpstream } from '../support/aimharder/scripted-upstream.ts';

/** A row as captured (values invented). */
const ROW = {
  id: 700101,
  zoomid: null,
  idres: null,
  spotres: null,
  time: '07:00 - 08:00',
  timeid: '0700_60',
  classId: 411,
  className: 'WOD',
  boxName: 'Box Ejemplo',
  coachName: 'Coach Uno',
  coachPic: null,
  enabled: 1,
  bookState: null,
  limit: '14 (4)',
  limitc: 14,
  ocupation: 9,
  waitlist: 0,
  cancelledId: null,
  classLength: 60,
  resadmin: 0,
  included: 1,
};
const CLASS: ListedClass = {
  classId: '700101',
  name: 'WOD',
  start: '07:00',
  end: '08:00',
  coach: 'Coach Uno',
  capacity: 14,
  booked: 9,
  waitlist: 0,
  enabled: true,
  cancelled: false,
  mine: null,
  bookingId: null,
};
const listing = (...rows: readonly unknown[]) =>
  decodeListing(JSON.stringify({ clasesDisp: '', timetable: [], day: 'Jueves', bookings: rows, seminars: [] }));

test('a row as AimHarder sends it', () => {
  expect(listing(ROW)).toEqual([CLASS]);
});

test.each([
  ['the limit as text', { limitc: null, limit: '10' }, { capacity: 10 }],
  ['limitc of another form', { limitc: '14 (4)' }, {}],
  ['ocupation as text', { ocupation: '9' }, {}],
  ['no ocupation', { ocupation: null }, { booked: 0 }],
  ['no waitlist field', { waitlist: null }, { waitlist: null }],
  ['a place of mine that is false', { bookState: false, idres: false }, {}],
  ['a place of mine of an unknown kind', { bookState: 2, idres: 7 }, { bookingId: '7' }],
  ['not cancelled, with 0', { cancelledId: '0' }, {}],
  ['enabled as true', { enabled: true }, {}],
  ['enabled as null', { enabled: null }, { enabled: false }],
  ['no name', { className: null }, { name: '' }],
  ['a name with blanks around it', { className: ' WOD ' }, {}],
  ['an end at midnight', { time: '23:00 - 24:00' }, { start: '23:00', end: '00:00' }],
  ['the id as text', { id: '700101' }, {}],
  ['a place of mine', { bookState: 1, idres: 90001234 }, { mine: 'booked', bookingId: '90001234' }],
  ['a place of mine, as text', { bookState: '1', idres: '90001234' }, { mine: 'booked', bookingId: '90001234' }],
  ['my place in the queue', { bookState: 0, idres: 7 }, { mine: 'waitlisted', bookingId: '7' }],
  ['limitc as text', { limitc: '12' }, { capacity: 12 }],
  ['no limitc', { limitc: null }, { capacity: 14 }],
  ['neither limit', { limitc: null, limit: null }, { capacity: null }],
  ['the limit as a number', { limitc: undefined, limit: 20 }, { capacity: 20 }],
  ['no waitlist', { waitlist: -1 }, { waitlist: null }],
  ['a waitlist as text', { waitlist: '3' }, { waitlist: 3 }],
  ['enabled as text', { enabled: '1' }, {}],
  ['not enabled', { enabled: 0 }, { enabled: false }],
  ['for the staff alone', { resadmin: 1 }, { enabled: false }],
  ['for the staff alone, as text', { resadmin: '1' }, { enabled: false }],
  ['resadmin as null', { resadmin: null }, {}],
  ['cancelled, with a number', { cancelledId: 5 }, { cancelled: true }],
  ['cancelled, with a text', { cancelledId: '5' }, { cancelled: true }],
  ['no coach', { coachName: null }, { coach: null }],
  ['hours without spaces', { time: '07:00-08:00' }, {}],
  ['hours with one digit', { time: '7:00 - 8:00' }, {}],
  ['hours by the code alone', { time: null }, {}],
  ['a code of three digits', { time: undefined, timeid: '900_60' }, { start: '09:00', end: '10:00' }],
  ['a class over midnight', { time: undefined, timeid: '2330_60' }, { start: '23:30', end: '00:30' }],
  ['a field nobody has seen', { surprise: { a: 1 } }, {}],
])('%s', (_name, drift, expected) => {
  expect(listing({ ...ROW, ...drift })).toEqual([{ ...CLASS, ...expected }]);
});

test.each([
  null,
  'rubbish',
  {},
  { ...ROW, id: null },
  { ...ROW, id: 'x' },
  { ...ROW, id: -1 },
  [ROW],
  7,
  { ...ROW, time: '25:00 - 26:00', timeid: '2500_60' },
  { ...ROW, time: '10:75 - 11:00', timeid: '1075_60' },
  { ...ROW, time: 'soon', timeid: null },
])('a row that cannot be read (%j) does not hide the others', (bad) => {
  expect(listing(ROW, bad, ROW)).toEqual([CLASS, CLASS]);
});

test.each(['', 'null', '[]', '{}', '<html></html>', '{"bookings":{}}', '{"bookings":'])(
  '%j is no timetable',
  (body) => {
    expect(decodeListing(body)).toBeUndefined();
  },
);

test('a day without classes is empty', () => {
  expect(decodeListing('{"bookings":[],"resmsgs":[]}')).toEqual([]);
});

test.each(['{"logout":1}', '{"logout":"1","bookings":[]}'])('%j is a dead session', (body) => {
  expect(decodeListing(body)).toBe('logged-out');
});

describe('asked over HTTP', () => {
  let upstream: ScriptedUpstream;
  let aimHarder: AimHarder;
  beforeAll(async () => {
    upstream = await scriptedUpstream();
    aimHarder = new AimHarder({ origins: upstream.origins, clock: systemClock });
  });
  afterAll(() => upstream.stop());

  const session = { fingerprint: 'bg-1', token: 't', cookies: [{ name: 'amhrdrauth', value: 'auth' }] };
  const list = (scripted: Scripted) => {
    upstream.answer(scripted);
    const query = { box: 'crossfit-demo', boxId: '9818', day: '2026-03-12' };
    return aimHarder.listClasses(session, query, new AbortController().signal);
  };
  const MINE = {
    ...ROW,
    id: 700118,
    idres: 90001234,
    time: '18:30 - 19:30',
    timeid: '1830_60',
    className: 'OPEN BOX',
    coachName: null,
    bookState: 1,
    limit: '10',
    limitc: 10,
    ocupation: 10,
    waitlist: -1,
  };
  const DAY = { clasesDisp: '', timetable: [], day: 'Jueves', bookings: [ROW, MINE], seminars: [], resmsgs: [] };

  test('the request is the same as that of AimHarder’s own page, and the answer shows the member’s reservation', async () => {
    const classes = await list({ headers: { 'content-type': 'text/html' }, body: JSON.stringify(DAY) });

    expect(classes).toMatchObject([
      CLASS,
      {
        classId: '700118',
        start: '18:30',
        capacity: 10,
        booked: 10,
        waitlist: null,
        mine: 'booked',
        bookingId: '90001234',
      },
    ]);
    expect(upstream.heard.at(-1)).toMatchObject({
      method: 'GET',
      path: '/gym/crossfit-demo/api/bookings?day=20260312&familyId=&box=9818',
      headers: { cookie: 'amhrdrauth=auth', 'x-requested-with': 'XMLHttpRequest' },
    });
  });

  test('without a session no cookie is sent', async () => {
    upstream.answer({ body: JSON.stringify(DAY) });

    await aimHarder.listClasses(
      undefined,
      { box: 'crossfit-demo', boxId: '1', day: '2026-03-12' },
      new AbortController().signal,
    );

    expect(upstream.heard.at(-1)?.headers).not.toHaveProperty('cookie');
  });

  test('logout and a timetable of unknown form are different errors', async () => {
    const failure = await list({ body: '{"logout":1}' }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(LoggedOut);
    expect(failure).toMatchObject({ mayHaveTakenEffect: false });
  });

  test.each<[string, Scripted]>([
    ['a page', { body: '<html></html>' }],
    ['half an answer', { body: '{"bookings":[', does: 'half' }],
    ['401', { status: 401, body: '{"bookings":[]}' }],
    ['403', { status: 403, body: '{"bookings":[]}' }],
    ['500', { status: 500, body: '{"bookings":[]}' }],
    ['a redirect', { status: 302, headers: { location: '/' }, body: '{"bookings":[]}' }],
  ])('%s is never a day without classes', async (_name, scripted) => {
    const failure = await list(scripted).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(UpstreamFailure);
    expect(failure).not.toBeInstanceOf(LoggedOut);
  });
});
