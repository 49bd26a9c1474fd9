import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AddressRefused, AimHarder } from '../../lib/aimharder/client.ts';
import { systemClock } from '../../lib/platform/system-clock.ts';
import { type Scripted, type ScriptedUpstream, scriptedUpstream } from '../support/aimharder/scripted-upstream.ts';

/** What is in front of AimHarder refuses an address at every page, by 403 or 429, with whatever body. */
let upstream: ScriptedUpstream;
let aimHarder: AimHarder;
beforeAll(async () => {
  upstream = await scriptedUpstream();
  aimHarder = new AimHarder({ origins: upstream.origins, clock: systemClock });
});
afterAll(() => upstream.stop());

const signal = new AbortController().signal;
const session = { fingerprint: 'phone-12345', token: 'token', cookies: [{ name: 'amhrdrauth', value: 'auth' }] };
const credentials = { email: 'ada@example.com', password: 'secret-password', fingerprint: 'phone-12345' };
const at = { box: 'crossfit-demo', boxId: '9818', day: '2026-03-27' };
const booking = { ...at, classId: '1' };

const CALLS: readonly (readonly [string, () => Promise<unknown>])[] = [
  ['login', () => aimHarder.login(credentials, signal)],
  ['whoami', () => aimHarder.whoAmI(session, signal)],
  ['tokenUpdate', () => aimHarder.updateToken(session, signal)],
  ['setrefresh', () => aimHarder.setRefresh(session, signal)],
  ['the timetable', () => aimHarder.listClasses(session, at, signal)],
  ['cancelling', () => aimHarder.cancel(session, { box: at.box, bookingId: '7', late: false }, signal)],
];
const ANSWERS: readonly (readonly [string, Scripted])[] = [
  [
    '403 with a page',
    { status: 403, headers: { 'content-type': 'text/html' }, body: '<html><h1>403 Forbidden</h1></html>' },
  ],
  ['403 with JSON', { status: 403, body: '{"message":"Forbidden"}' }],
  ['403 without a body', { status: 403, body: '' }],
  ['429 with a page', { status: 429, headers: { 'content-type': 'text/html' }, body: '<html>Too many</html>' }],
  ['429 with a good body', { status: 429, body: '{"newToken":"x","bookings":[],"data":[],"bookState":1}' }],
];

describe.each(CALLS)('%s', (_call, ask) => {
  test.each(ANSWERS)('answered with %s is refused to this address', async (_answer, scripted) => {
    upstream.answer(scripted);

    const failure = await ask().catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(AddressRefused);
    expect(failure).toMatchObject({
      code: 'upstream-rejected',
      reason: 'address-refused',
      message: `AimHarder, or a proxy in front of it, refuses this address (status ${scripted.status}).`,
    });
  });
});

test.each(ANSWERS)(
  'a booking answered with %s is not read, because this address is refused',
  async (_answer, scripted) => {
    upstream.answer(scripted);

    const { kind, ...answer } = await aimHarder.book(session, booking, signal);

    expect(kind).toBe(scripted.status === 429 ? 'turned-away' : 'unanswered');
    expect(answer).toMatchObject({ failure: { code: 'upstream-rejected', reason: 'address-refused' } });
  },
);
