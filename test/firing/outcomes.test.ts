import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Fault, SimulatorOptions } from '../../infra/simulator/simulator.ts';
import { AimHarder } from '../../lib/aimharder/client.ts';
import { conclude, meaningOf } from '../../lib/bookings/evidence.ts';
import { systemClock } from '../../lib/platform/system-clock.ts';
import { REFUSALS, STATES } from '../support/aimharder/known-answers.ts';
import { type ScriptedUpstream, scriptedUpstream } from '../support/aimharder/scripted-upstream.ts';
import { type FiringOptions, startFiring } from '../support/firing/firing.ts';

/** The outcome of a pre-booking, by AimHarder's answer to its shot. */
let upstream: ScriptedUpstream;
let aimHarder: AimHarder;
beforeAll(async () => {
  upstream = await scriptedUpstream();
  aimHarder = new AimHarder({ origins: upstream.origins, clock: systemClock });
});
afterAll(() => upstream.stop());

const session = { fingerprint: 'bg-1', token: 'token', cookies: [{ name: 'amhrdrauth', value: 'auth' }] };

/** What each kind of answer means, and the outcome if the timetable shows no place. */
const MEANINGS: Readonly<Record<string, readonly [meaning: string, outcome: string]>> = {
  booked: ['accepted', 'booked'],
  accepted: ['accepted', 'unknown'],
  'already-booked': ['occupied', 'booking-limit'],
  'class-full': ['refused', 'class-full'],
  'no-credit': ['refused', 'no-credit'],
  unpaid: ['refused', 'unpaid'],
  'booking-limit': ['refused', 'booking-limit'],
  'too-late': ['refused', 'too-late'],
  'too-early': ['too-early', 'too-early'],
  'logged-out': ['logged-out', 'login-required'],
  unknown: ['unclear', 'unknown'],
};

test.each([
  ...STATES,
  ...REFUSALS.flatMap(([errorMssg, errorMssgLang, meaning, textAlone]) => [
    [errorMssg, { bookState: -12, errorMssg, errorMssgLang }, meaning] as const,
    [errorMssg, { bookState: -12, errorMssg }, textAlone] as const,
  ]),
])('%s: %j', async (_text, json, meaning) => {
  upstream.answer({ body: JSON.stringify(json) });

  const answer = await aimHarder.book(
    session,
    { box: 'crossfit-demo', day: '2026-03-27', classId: '7' },
    new AbortController().signal,
  );

  const { outcome } = conclude(answer, { kind: 'none' });
  expect([meaningOf(answer), outcome]).toEqual(MEANINGS[(meaning as { kind: string }).kind]);
});

const answered = (json: object) => ({ kind: 'answer', body: JSON.stringify(json) }) as const;
const ended = (outcome: string, code: string | null, message: string | null = null) => ({
  status: outcome === 'booked' || outcome === 'waitlisted' ? outcome : 'failed',
  result: { outcome, code, message, shots: 1 },
});

type Firing = {
  readonly fault?: Fault;
  readonly switches?: SimulatorOptions;
  readonly wanted?: FiringOptions['wanted'];
  readonly end: object;
  readonly reservations: number;
};

const FIRINGS: Readonly<Record<string, Firing>> = {
  '1, for a seat': { end: ended('booked', '1'), reservations: 1 },
  '0, for a seat': { switches: { seatState: 0 }, end: ended('booked', '0'), reservations: 1 },
  '0, for the waitlist': {
    wanted: { capacity: 0, waitlist: 2 },
    end: ended('waitlisted', '0'),
    reservations: 1,
  },
  '1, for the waitlist': {
    switches: { waitState: 1 },
    wanted: { capacity: 0, waitlist: 2 },
    end: ended('waitlisted', '1'),
    reservations: 1,
  },
  '-1, for a full class': { wanted: { capacity: 0 }, end: ended('class-full', '-1'), reservations: 0 },
  'no credit': { switches: { noCredit: true }, end: ended('no-credit', '-2'), reservations: 0 },
  'an unpaid receipt': { switches: { unpaid: true }, end: ended('unpaid', '-5'), reservations: 0 },
  'too late': { switches: { closesBeforeMs: 1_000 * 3_600_000 }, end: ended('too-late', '-7'), reservations: 0 },
  'the day’s limit': { switches: { dailyLimit: 0 }, end: ended('booking-limit', '-8'), reservations: 0 },
  'the contract’s limit': {
    switches: { contractLimit: 0, language: 'ca' },
    end: ended('booking-limit', '-12 HASSUPERADOLIMITCONTR', 'Has superat el límit de reserves de la teva tarifa'),
    reservations: 0,
  },
  'too early once, as -4': {
    fault: answered({ bookState: -4, errorMssg: 'No puedes reservar con más de 4 días de antelación' }),
    end: { status: 'booked', result: { outcome: 'booked', shots: 2 } },
    reservations: 1,
  },
  'an unknown code': {
    fault: answered({ bookState: -9, id: '7', errorMssg: 'Algo <b>nuevo</b>' }),
    end: ended('unknown', '-9', 'Algo nuevo'),
    reservations: 0,
  },
  'an unknown code above the known ones': {
    fault: answered({ bookState: 2, id: '7' }),
    end: ended('unknown', '2'),
    reservations: 0,
  },
  'an unknown message key, once: the likeliest meaning is too early': {
    fault: answered({ bookState: -12, errorMssgLang: 'ALGO_NUEVO', errorMssg: 'Algo nuevo' }),
    end: { status: 'booked', result: { outcome: 'booked', shots: 2 } },
    reservations: 1,
  },
  'an unknown message, once': {
    fault: answered({ bookState: -12, errorMssg: 'Reserva con al menos 2 horas de antelación' }),
    end: { status: 'booked', result: { outcome: 'booked', shots: 2 } },
    reservations: 1,
  },
  'an unknown code, although the booking was made': {
    fault: { ...answered({ clasesContratadas: '411', bookState: 2, id: '90000001' }), carriedOut: true },
    end: ended('booked', '2'),
    reservations: 1,
  },
  'an unknown message key, although the booking was made': {
    fault: { ...answered({ bookState: -12, errorMssgLang: 'ALGO_NUEVO' }), carriedOut: true },
    end: ended('booked', '-12 ALGO_NUEVO'),
    reservations: 1,
  },
};

describe('a pre-booking whose shot is answered with', () => {
  test.for(Object.entries(FIRINGS))('%s', async ([_name, firing], context) => {
    const { fire, simulator, stop } = await startFiring(firing.switches);
    context.onTestFinished(stop);
    if (firing.fault) simulator.failNext('/api/book', firing.fault);

    const finished = await fire(2_200, { wanted: firing.wanted ?? {} });

    context.expect(finished).toMatchObject(firing.end);
    context.expect(finished.reservations).toBe(firing.reservations);
  });
});
