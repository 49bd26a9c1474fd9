import { afterAll, beforeAll, expect, test } from 'vitest';
import { AimHarder } from '../../lib/aimharder/client.ts';
import { decodeListing } from '../../lib/aimharder/listing.ts';
import { systemClock } from '../../lib/platform/system-clock.ts';
import { type Scripted, type ScriptedUpstream, scriptedUpstream } from '../support/aimharder/scripted-upstream.ts';

/* Forms that PHP makes of the known answers by itself (lib/aimharder/README.md, "Types drift"). */

let upstream: ScriptedUpstream;
let aimHarder: AimHarder;
beforeAll(async () => {
  upstream = await scriptedUpstream();
  aimHarder = new AimHarder({ origins: upstream.origins, clock: systemClock });
});
afterAll(() => upstream.stop());

const unhurried = new AbortController().signal;
const session = { fingerprint: 'bg-1', token: 'token', cookies: [{ name: 'amhrdrauth', value: 'auth' }] };
const query = { box: 'crossfit-demo', boxId: '9818', day: '2026-03-27' };
const credentials = { email: 'ada@example.com', password: 'secret', fingerprint: 'bg-1' };
const row = { id: 700101, className: 'WOD', time: '07:00 - 08:00', bookState: 1, idres: 9 };
const headers = { 'set-cookie': ['amhrdrauth=auth; Path=/'] };

const CALLS: readonly (readonly [string, Scripted, () => Promise<unknown>, object])[] = [
  [
    'the login',
    { headers, body: '{"data":{"auth":{"authOK":true,"refreshToken":"t"}}}' },
    () => aimHarder.login(credentials, unhurried),
    { kind: 'logged-in' },
  ],
  ['whoami', { body: '{"data":[{"id":7}]}' }, () => aimHarder.whoAmI(session, unhurried), { kind: 'member' }],
  [
    'tokenUpdate',
    { body: '{"newToken":"next"}' },
    () => aimHarder.updateToken(session, unhurried),
    { kind: 'updated', session: { token: 'next' } },
  ],
  [
    'the timetable',
    { body: JSON.stringify({ bookings: [row] }) },
    () => aimHarder.listClasses(session, query, unhurried),
    [{ classId: '700101', mine: 'booked' }],
  ],
  [
    'a booking',
    { body: '{"bookState":1,"id":"9"}' },
    () => aimHarder.book(session, { ...query, classId: '700101' }, unhurried),
    { kind: 'booked', bookingId: '9' },
  ],
];

test.each(CALLS)('%s is read also after byte order marks and line breaks', async (_name, scripted, call, expected) => {
  for (const before of ['\uFEFF', '\n\uFEFF\uFEFF\r\n']) {
    upstream.answer({ ...scripted, body: `${before}${'body' in scripted ? scripted.body : ''}` });

    expect(await call()).toMatchObject(expected);
  }
});

test('a cancellation is read also after a byte order mark', async () => {
  upstream.answer({ body: '\uFEFF{"cancelState":1}' });

  expect(await aimHarder.cancel(session, { box: 'crossfit-demo', bookingId: '9', late: false }, unhurried)).toBe(
    'cancelled',
  );
});

test('a list whose elements were removed comes as an object with numbers for keys', async () => {
  expect(decodeListing(JSON.stringify({ bookings: { 3: row, 12: { ...row, id: 7 } } }))).toMatchObject([
    { classId: '700101' },
    { classId: '7' },
  ]);
  const roles = { 1: { boid: '9818', centre_url: 'https://crossfit-demo.aimharder.com', gym: 'Demo' } };
  upstream.answer({ body: JSON.stringify({ data: { 1: { id: 7, roles } } }) });
  expect(await aimHarder.whoAmI(session, unhurried)).toMatchObject({
    ...{ kind: 'member', boxes: [{ box: 'crossfit-demo', boxId: '9818' }] },
  });
});

test('whoami may name the member without a list around', async () => {
  upstream.answer({ body: '{"data":{"id":7,"roles":[]}}' });

  expect(await aimHarder.whoAmI(session, unhurried)).toMatchObject({ kind: 'member' });
});

test.each(['{"data":{}}', '{"data":{"id":null}}', '{"data":{"code":7}}', '{"data":null}', '{"data":false}', '{}'])(
  'whoami that answers %s proves neither a live session nor a dead one',
  async (body) => {
    upstream.answer({ body });

    await expect(aimHarder.whoAmI(session, unhurried)).rejects.toMatchObject({ code: 'upstream-rejected' });
  },
);

test.each([{}, { code: 7 }, { 1: row, more: row }])('%j is no list of classes', (bookings) => {
  expect(decodeListing(JSON.stringify({ bookings }))).toBeUndefined();
});
