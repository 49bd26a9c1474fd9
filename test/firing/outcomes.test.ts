import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Fault, GymOptions } from '../../infra/simulator/simulator.ts';
import { AimHarder } from '../../lib/aimharder/client.ts';
import { verdictOn } from '../../lib/firing/verdict.ts';
import { systemClock } from '../../lib/platform/system-clock.ts';
import { REFUSALS, STATES } from '../support/aimharder/known-answers.ts';
import { type ScriptedUpstream, scriptedUpstream } from '../support/aimharder/scripted-upstream.ts';
import { type FiringOptions, startFiring } from '../support/firing/firing.ts';

/** What becomes of a pre-booking, by AimHarder's answer to its shot. What becomes of a booking is in book-now.test.ts. */
let upstream: ScriptedUpstream;
let aimHarder: AimHarder;
beforeAll(async () => {
  upstream = await scriptedUpstream();
  aimHarder = new AimHarder({ origins: upstream.origins, clock: systemClock });
});
afterAll(() => upstream.stop());

const session = { fingerprint: 'bg-1', token: 'token', cookies: [{ name: 'amhrdrauth', value: 'auth' }] };

/** What is done about each meaning: what is settled needs no reading, and what is not settled by a word is not taken for it. */
const COMES_TO: Readonly<Record<string, object>> = {
  booked: { kind: 'confirm', outcome: 'booked' },
  accepted: { kind: 'confirm', outcome: 'unknown' },
  'already-booked': { kind: 'confirm', outcome: 'already-booked' },
  'class-full': { kind: 'settled', outcome: 'class-full' },
  'no-credit': { kind: 'settled', outcome: 'no-credit' },
  unpaid: { kind: 'settled', outcome: 'unpaid' },
  'booking-limit': { kind: 'settled', outcome: 'booking-limit' },
  'too-late': { kind: 'settled', outcome: 'too-late' },
  'too-early': { kind: 'again' },
  'logged-out': { kind: 'logged-out' },
  unknown: { kind: 'settled', outcome: 'unknown' },
};

test.each([
  ...STATES,
  ...REFUSALS.flatMap(([errorMssg, errorMssgLang, meaning, textAlone]) => [
    [errorMssg, { bookState: -12, errorMssg, errorMssgLang }, meaning] as const,
    [errorMssg, { bookState: -12, errorMssg }, textAlone] as const,
  ]),
])('%s: %j', async (_says, json, meaning) => {
  upstream.answer({ body: JSON.stringify(json) });

  const answer = await aimHarder.book(
    session,
    { box: 'crossfit-demo', day: '2026-03-27', classId: '7' },
    AbortSignal.timeout(5_000),
  );

  expect(verdictOn(answer)).toMatchObject(COMES_TO[(meaning as { kind: string }).kind] ?? {});
});

const said = (json: object): Fault => ({ kind: 'answer', body: JSON.stringify(json) });
const ended = (outcome: string, code: string | null, message: string | null = null) => ({
  status: outcome === 'booked' || outcome === 'waitlisted' ? outcome : 'failed',
  result: { outcome, code, message, shots: 1 },
});

type Firing = {
  readonly fault?: Fault;
  readonly switches?: GymOptions;
  readonly wanted?: FiringOptions['wanted'];
  readonly comes: object;
  readonly places: number;
};

const FIRINGS: Readonly<Record<string, Firing>> = {
  'a seat, said with 1': { comes: ended('booked', '1'), places: 1 },
  'a seat, said with 0': { switches: { seatState: 0 }, comes: ended('booked', '0'), places: 1 },
  'the waitlist, said with 0': {
    wanted: { capacity: 0, waitlist: 2 },
    comes: ended('waitlisted', '0'),
    places: 1,
  },
  'the waitlist, said with 1': {
    switches: { waitState: 1 },
    wanted: { capacity: 0, waitlist: 2 },
    comes: ended('waitlisted', '1'),
    places: 1,
  },
  'a full class': { wanted: { capacity: 0 }, comes: ended('class-full', '-1'), places: 0 },
  'no credit': { switches: { noCredit: true }, comes: ended('no-credit', '-2'), places: 0 },
  'an unpaid receipt': { switches: { unpaid: true }, comes: ended('unpaid', '-5'), places: 0 },
  'too late': { switches: { closesBeforeMs: 1_000 * 3_600_000 }, comes: ended('too-late', '-7'), places: 0 },
  'the day’s limit': { switches: { dailyLimit: 0 }, comes: ended('booking-limit', '-8'), places: 0 },
  'the contract’s limit': {
    switches: { contractLimit: 0, language: 'ca' },
    comes: ended('booking-limit', '-12 HASSUPERADOLIMITCONTR', 'Has superat el límit de reserves de la teva tarifa'),
    places: 0,
  },
  'too early once, as -4': {
    fault: said({ bookState: -4, errorMssg: 'No puedes reservar con más de 4 días de antelación' }),
    comes: { status: 'booked', result: { outcome: 'booked', shots: 2 } },
    places: 1,
  },
  'a code that nobody knows': {
    fault: said({ bookState: -9, id: '7', errorMssg: 'Algo <b>nuevo</b>' }),
    comes: ended('unknown', '-9', 'Algo nuevo'),
    places: 0,
  },
  'a code above those that are known': {
    fault: said({ bookState: 2, id: '7' }),
    comes: ended('unknown', '2'),
    places: 0,
  },
  'a key that nobody knows': {
    fault: said({ bookState: -12, errorMssgLang: 'ALGO_NUEVO', errorMssg: 'Algo nuevo' }),
    comes: ended('unknown', '-12 ALGO_NUEVO', 'Algo nuevo'),
    places: 0,
  },
  'a text about an advance that is too late': {
    fault: said({ bookState: -12, errorMssg: 'Reserva con al menos 2 horas de antelación' }),
    comes: ended('unknown', '-12', 'Reserva con al menos 2 horas de antelación'),
    places: 0,
  },
};

describe.concurrent('a pre-booking whose shot is answered with', () => {
  test.for(Object.entries(FIRINGS))('%s', { timeout: 40_000 }, async ([_name, firing], context) => {
    const { fire, gym, stop } = await startFiring(firing.switches);
    context.onTestFinished(stop);
    if (firing.fault) gym.failNext('/api/book', firing.fault);

    const finished = await fire(2_200, { wanted: firing.wanted ?? {} });

    context.expect(finished).toMatchObject(firing.comes);
    context.expect(finished.places).toBe(firing.places);
  });
});
