import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AimHarder, aimHarderClient, UpstreamFailure } from '../../lib/aimharder/client.ts';
import { systemClock } from '../../lib/platform/system-clock.ts';
import { type Scripted, type ScriptedUpstream, scriptedUpstream } from '../support/scripted-upstream.ts';

let upstream: ScriptedUpstream;
let aimHarder: AimHarder;
beforeAll(async () => {
  upstream = await scriptedUpstream();
  aimHarder = aimHarderClient({ origins: upstream.origins, clock: systemClock });
});
afterAll(() => upstream.stop());

const session = { fingerprint: 'bg-1', token: 'token', cookies: [{ name: 'amhrdrauth', value: 'auth' }] };
const at = { box: 'crossfit-demo', day: '2026-03-27' };
const patience = () => AbortSignal.timeout(5_000);

const CALLS: Readonly<Record<string, () => Promise<unknown>>> = {
  login: () => aimHarder.login({ email: 'a@example.com', password: 'x', fingerprint: 'phone-12345' }, patience()),
  setRefresh: () => aimHarder.setRefresh(session, patience()),
  updateToken: () => aimHarder.updateToken(session, patience()),
  whoAmI: () => aimHarder.whoAmI(session, patience()),
  listClasses: () => aimHarder.listClasses(session, { ...at, boxId: '1' }, patience()),
  book: () => aimHarder.book(session, { ...at, classId: '7' }, patience()),
  cancel: () => aimHarder.cancel(session, { ...at, bookingId: '7', late: false }, patience()),
};

const NAMES = [
  'bookState',
  'id',
  'logout',
  'newToken',
  'data',
  'auth',
  'authOK',
  'userData',
  'roles',
  'bookings',
  'cancelState',
  'errorMssg',
  'error',
  'message',
  'max',
];
const { json } = fc.letrec((tie) => ({
  json: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(null, true, false, 0, -12, '1', '', '<b>x</b>', 1e300),
    fc.string(),
    fc.array(tie('json'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...NAMES), tie('json'), { maxKeys: 5 }),
  ),
}));
const text = fc.oneof(
  json.map((value) => JSON.stringify(value)),
  fc.string(),
  fc.constant('<html><body>AimHarder</body></html>'),
  json.map((value) => JSON.stringify(value).slice(0, -1)),
);
const scripted: fc.Arbitrary<Scripted> = fc.record(
  {
    status: fc.constantFrom(200, 200, 200, 204, 301, 400, 401, 403, 404, 429, 500, 503),
    body: text,
    headers: fc.constantFrom({}, { 'set-cookie': ['amhrdrauth=x', '=;;;', 'a', ''] }, { date: 'soon', age: 'x' }),
    does: fc.constantFrom('reset' as const, 'half' as const),
  },
  { requiredKeys: ['status', 'body', 'headers'] },
);

/** What a success of each call takes, in the answer itself. */
const earned = (name: string, outcome: unknown, { body = '' }: Scripted): boolean => {
  if (name === 'login') return !JSON.stringify(outcome).includes('logged-in') || /"authOK":(true|1|"1")/.test(body);
  if (name === 'book')
    return !/"kind":"(booked|accepted)"/.test(JSON.stringify(outcome)) || /"bookState":"?(1|0|-0)"?/.test(body);
  return true;
};

test.each(Object.keys(CALLS))(
  '%s: whatever comes back, the outcome is one it names, and no success that was not earned',
  async (name) => {
    await fc.assert(
      fc.asyncProperty(scripted, async (answer) => {
        upstream.answer(answer);
        const outcome = await CALLS[name]?.().catch((error: unknown) => {
          expect(error).toBeInstanceOf(UpstreamFailure);
          return 'failed';
        });
        expect(earned(name, outcome, answer)).toBe(true);
      }),
      { numRuns: 150 },
    );
  },
);
