import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AimHarder, prepareShot, UpstreamFailure } from '../../lib/aimharder/client.ts';
import { openConnection } from '../../lib/aimharder/connection.ts';
import { type Scripted, type ScriptedUpstream, scriptedUpstream } from '../support/aimharder/scripted-upstream.ts';
import { type VirtualClock, virtualClock } from '../support/platform/virtual-clock.ts';
import { assertProperty } from '../support/property.ts';

let upstream: ScriptedUpstream;
let clock: VirtualClock;
let aimHarder: AimHarder;
beforeAll(async () => {
  upstream = await scriptedUpstream();
  clock = virtualClock(Date.UTC(2026, 2, 20, 12));
  aimHarder = new AimHarder({ origins: upstream.origins, clock });
});
afterAll(() => {
  clock.stop();
  upstream.stop();
});

const session = { fingerprint: 'bg-1', token: 'token', cookies: [{ name: 'amhrdrauth', value: 'auth' }] };
const at = { box: 'crossfit-demo', day: '2026-03-27' };

/** How long a call may take, in milliseconds. */
const PATIENCE = 250;

const CALLS = {
  login: (signal) => aimHarder.login({ email: 'a@example.com', password: 'x', fingerprint: 'phone-12345' }, signal),
  setRefresh: (signal) => aimHarder.setRefresh(session, signal),
  updateToken: (signal) => aimHarder.updateToken(session, signal),
  whoAmI: (signal) => aimHarder.whoAmI(session, signal),
  listClasses: (signal) => aimHarder.listClasses(session, { ...at, boxId: '1' }, signal),
  book: (signal) => aimHarder.book(session, { ...at, classId: '7' }, signal),
  shot: (signal) => shoot(signal),
  cancel: (signal) => aimHarder.cancel(session, { ...at, bookingId: '7', late: false }, signal),
} satisfies Readonly<Record<string, (signal: AbortSignal) => Promise<unknown>>>;

/** A booking over a connection of its own, as a pre-booking's shot goes. */
async function shoot(signal: AbortSignal) {
  const connection = openConnection({ origins: upstream.origins, box: at.box, clock });
  try {
    const { answer } = await prepareShot(connection, clock, session, { ...at, classId: '7' }).fire(signal);
    return answer;
  } finally {
    connection.close();
  }
}

const NAMES = ['bookState', 'id', 'logout', 'newToken', 'data', 'auth', 'authOK', 'roles', 'bookings', 'cancelState'];
const value = fc.constantFrom<unknown>(
  ...[null, true, false, 0, 1, 2, -1, -12, 1.5, 1e300, '', '0', '1', ' 1 ', '-12', '1|2|3f', 'undefined', 'x', {}, []],
);
const { json } = fc.letrec((tie) => ({
  json: fc.oneof(
    { depthSize: 'small' },
    value,
    fc.string(),
    fc.array(tie('json'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...NAMES, 'errorMssg', 'error', 'message', 'max'), tie('json'), { maxKeys: 5 }),
  ),
}));
const optional = { requiredKeys: [] };
const row = fc.record(
  {
    id: fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 1, max: 99 }) }, { weight: 1, arbitrary: value }),
    time: fc.constantFrom('07:00 - 08:00', '07:00 - 08:00', 'soon', 7),
    bookState: value,
    idres: value,
  },
  { requiredKeys: ['id', 'time'] },
);
/** Answers that are nearly what a success looks like, or just so. */
const likely = fc.record(
  {
    ...{ bookState: value, id: value, cancelState: value, newToken: value },
    logout: fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value }),
    errorMssg: fc.constantFrom(
      'No puedes hacer más de una reserva a la misma hora',
      'Más de 4 días de antelación',
      'x',
    ),
    errorMssgLang: fc.constantFrom('ERROR_ANTELACION_CLIENTE', 'NOPUEDESRESERVAMISMAHORA', 'X'),
    data: fc.oneof(
      fc.record({ auth: fc.record({ authOK: value, refreshToken: value }, optional), userData: json }, optional),
      fc.array(fc.record({ id: value, roles: json }, optional), { maxLength: 2 }),
    ),
    bookings: fc.array(row, { maxLength: 3 }),
  },
  optional,
);
const page = value.map((token) => `<script>localStorage.setItem("refreshToken", ${JSON.stringify(token)})</script>`);
const body = fc.oneof(
  fc.oneof(json, likely, likely).map((one) => JSON.stringify(one)),
  fc.oneof(json, likely).map((one) => JSON.stringify(one).slice(0, -1)),
  fc.string(),
  page,
);
/** More than is read of any answer, in bytes; JSON may end in as many blanks as it likes. */
const TOO_MUCH = 2_000_001;
const scripted: fc.Arbitrary<Scripted> = fc.record(
  {
    status: fc.constantFrom(...Array(16).fill(200), 204, 301, 400, 401, 403, 404, 410, 429, 500, 502, 503, 504),
    body: fc.oneof(
      { weight: 30, arbitrary: body },
      { weight: 1, arbitrary: body.map((text) => text.padEnd(TOO_MUCH)) },
      { weight: 1, arbitrary: body.map((text) => text.padEnd(500_000)) },
    ),
    headers: fc.constantFrom(
      {},
      { 'set-cookie': ['amhrdrauth=x', '=;;;', 'a', ''] },
      { 'set-cookie': ['amhrdrauth=; Max-Age=0'] },
      { date: 'soon', age: 'x' },
    ),
    does: fc.oneof(
      { weight: 30, arbitrary: fc.constant(undefined) },
      {
        weight: 6,
        arbitrary: fc.constantFrom('reset' as const, 'half' as const, 'no-http' as const, 'close' as const),
      },
      { weight: 2, arbitrary: fc.constantFrom('drip' as const, 'flood' as const, 'nothing' as const) },
    ),
  },
  { requiredKeys: ['status', 'body', 'headers'] },
) as fc.Arbitrary<Scripted>;

/** A success of every call at once, in each of the ways in which it does not arrive. */
const SUCCESS = JSON.stringify({
  ...{ bookState: 1, id: '7', cancelState: 1, newToken: '1|2|3f', data: [{ id: 7, auth: { authOK: true } }] },
  bookings: [{ id: 7, time: '07:00 - 08:00', bookState: 1 }],
});
const LOST: readonly [Scripted][] = [
  [{ status: 200, headers: {}, body: SUCCESS.padEnd(TOO_MUCH) }],
  ...(['half', 'drip', 'flood', 'nothing', 'reset', 'close'] as const).map((does): [Scripted] => [
    { status: 200, headers: {}, body: SUCCESS, does },
  ]),
];

/** Answers that chance has found to be taken for a success. */
const ODD: readonly [Scripted][] = [
  [{ status: 200, headers: {}, body: '{"data":[{"id":1e300}]}' }],
  [{ status: 401, headers: {}, body: SUCCESS }],
  [{ status: 401, headers: {}, body: '{"data":{"auth":{"authOK":false}}}' }],
];

type Told = Readonly<Record<string, unknown>>;
const fields = (one: unknown): Told => (typeof one === 'object' && one !== null ? { ...one } : {});
const is = (one: unknown, wanted: number): boolean =>
  (typeof one === 'number' && one === wanted) || (typeof one === 'string' && one.trim() === String(wanted));

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What each success takes in the answer itself, read here as strictly as can be. */
const EARNED: Readonly<Record<keyof typeof CALLS, (outcome: Told, told: Told, answer: Scripted) => boolean>> = {
  login({ kind }, told, { headers }) {
    const { authOK } = fields(fields(told['data'])['auth']);
    const cookie = JSON.stringify(headers).includes('amhrdrauth=x');
    return kind !== 'logged-in' || (cookie && (authOK === true || is(authOK, 1)));
  },
  setRefresh: ({ token }, _told, { body: text = '' }) =>
    token === session.token || (/^\d+\|\d+\|\w+$/.test(String(token)) && text.includes(`"${token}"`)),
  updateToken: ({ kind, session: fresh }, { newToken, logout }) =>
    kind === 'updated'
      ? typeof newToken === 'string' && newToken.trim() !== '' && fields(fresh)['token'] === newToken
      : kind !== 'logged-out' || ![undefined, null, false, 0, '0', ''].includes(logout as never),
  whoAmI({ kind }, { data }) {
    const { id } = fields(Array.isArray(data) ? data[0] : undefined);
    return kind !== 'member' || (/^ *[1-9]\d*(?:\.0)? *$/.test(String(id)) && typeof id !== 'boolean');
  },
  listClasses(classes, { bookings }) {
    const rows = Array.isArray(bookings) ? bookings.map(fields) : [];
    return Object.values(classes)
      .map(fields)
      .every(({ classId, mine }) => {
        const state = mine === 'booked' ? 1 : 0;
        return mine === null || rows.some((one) => is(one['id'], Number(classId)) && is(one['bookState'], state));
      });
  },
  book: (outcome, told) => bookingEarned(outcome, told),
  shot: (outcome, told) => bookingEarned(outcome, told),
  cancel: (_outcome, _told) => true,
};

function bookingEarned({ kind }: Told, told: Told): boolean {
  const text = JSON.stringify(told);
  if (kind === 'booked') return is(told['bookState'], 1);
  if (kind === 'accepted') return is(told['bookState'], 0);
  return kind !== 'already-booked' || text.includes('NOPUEDESRESERVAMISMAHORA') || text.includes('a la misma hora');
}

/** Ended without an answer that says anything. */
const isFailure = (outcome: unknown): boolean =>
  outcome === 'failed' || ['unanswered', 'turned-away'].includes(String(fields(outcome)['kind']));

test.each(Object.keys(CALLS) as (keyof typeof CALLS)[])(
  '%s: whatever comes back, and however slowly, the outcome is one it names, in time, and no success that was not earned',
  async (name) => {
    await assertProperty(
      fc.asyncProperty(scripted, async (answer) => {
        upstream.answer(answer);
        const begun = clock.monotonic();
        const outcome = await clock.run<unknown>(() =>
          CALLS[name](clock.timeout(PATIENCE)).catch((error: unknown) => {
            expect(error).toBeInstanceOf(UpstreamFailure);
            return 'failed';
          }),
        );

        expect(clock.monotonic() - begun).toBeLessThanOrEqual(PATIENCE);
        const { status, body: text = '', does } = answer;
        const told = fields(jsonIn(text));
        if (does !== undefined || Buffer.byteLength(text) >= TOO_MUCH) expect(isFailure(outcome)).toBe(true);
        else if (outcome === 'cancelled') expect(is(told['cancelState'], 1) && status === 200).toBe(true);
        else if (!isFailure(outcome)) {
          expect(EARNED[name](fields(outcome), told, answer)).toBe(true);
          if (status !== 200)
            expect(JSON.stringify(outcome)).toMatch(/gone|unrenewed|nobody|logged-out|wrong-password|refused/);
        }
      }),
      { numRuns: 200, examples: [...LOST, ...ODD] },
    );
  },
);
