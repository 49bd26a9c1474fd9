import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AimHarder, aimHarderClient } from '../../lib/aimharder/client.ts';
import { systemClock } from '../../lib/platform/system-clock.ts';
import { type Scripted, type ScriptedUpstream, scriptedUpstream } from '../support/scripted-upstream.ts';

/** Codes, keys and languages against each other, and what must not be guessed; single answers are in booking.test.ts. */
let upstream: ScriptedUpstream;
let aimHarder: AimHarder;
beforeAll(async () => {
  upstream = await scriptedUpstream();
  aimHarder = aimHarderClient({ origins: upstream.origins, clock: systemClock });
});
afterAll(() => upstream.stop());

const session = { fingerprint: 'bg-1', token: 'token', cookies: [{ name: 'amhrdrauth', value: 'auth' }] };

function bookAnd(scripted: Scripted) {
  upstream.answer(scripted);
  const order = { box: 'crossfit-demo', day: '2026-03-27', classId: '700101' };
  return aimHarder.book(session, order, new AbortController().signal);
}
const says = (json: unknown) => bookAnd({ body: JSON.stringify(json) });

const DAYS = 'ERROR_ANTELACION_CLIENTE';
const HOURS = 'ERROR_ANTELACION_CLIENTE_HORAS';
const SAME_HOUR = 'NOPUEDESRESERVAMISMAHORA';
const CONTRACT = 'HASSUPERADOLIMITCONTR';

const early = (unit: 'days' | 'hours', amount: number) => ({ kind: 'too-early', rule: { unit, amount } });
const ALREADY = { kind: 'already-booked' };
const LIMIT = { kind: 'booking-limit', max: null };
const UNKNOWN = { kind: 'unknown' };

/** What -12 says, the key that goes with it, what both mean, and what the text means alone. */
const REFUSALS: readonly (readonly [text: string, key: string, meaning: object, textAlone: object])[] = [
  ['No puedes reservar clases con más de 4 días de antelación', DAYS, early('days', 4), early('days', 4)],
  ['No puedes reservar clases con más de 1 día de antelación', DAYS, early('days', 1), early('days', 1)],
  ["No pots reservar classes amb més de 4 dies d'antelació", DAYS, early('days', 4), early('days', 4)],
  ['No pots reservar classes amb més de 4 dies d’antelació', DAYS, early('days', 4), early('days', 4)],
  ['No pots reservar classes amb més d´1 dia d´antelació', DAYS, early('days', 1), early('days', 1)],
  ['You cannot book classes with more than 14 days of anticipation', DAYS, early('days', 14), early('days', 14)],
  ['You cannot book classes more than 1 day in advance', DAYS, early('days', 1), early('days', 1)],
  ['No puedes reservar clases con más de 72 horas de antelación', HOURS, early('hours', 72), early('hours', 72)],
  ['No puedes reservar clases con más de 1 hora de antelación', HOURS, early('hours', 1), early('hours', 1)],
  ["No pots reservar classes amb més de 22 hores d'antelació", HOURS, early('hours', 22), early('hours', 22)],
  ["No pots reservar classes amb més d'1 hora d'antelació", HOURS, early('hours', 1), early('hours', 1)],
  ['You cannot book classes more than 24 hours in advance', HOURS, early('hours', 24), early('hours', 24)],
  ['You cannot book classes more than 1 hour in advance', HOURS, early('hours', 1), early('hours', 1)],
  ['<p>Más de <b>4</b><br/>días de antelación</p>', DAYS, early('days', 4), early('days', 4)],
  ['M&aacute;s de 4&nbsp;d&iacute;as de antelaci&oacute;n', DAYS, early('days', 4), early('days', 4)],
  ['MÁS DE 4 DÍAS DE ANTELACIÓN', DAYS, early('days', 4), early('days', 4)],
  ['Todavía no puedes reservar esta clase', DAYS, { kind: 'too-early', rule: null }, UNKNOWN],
  ['No puedes hacer más de una reserva a la misma hora', SAME_HOUR, ALREADY, ALREADY],
  ['No pots fer més d’una reserva a la mateixa hora', SAME_HOUR, ALREADY, ALREADY],
  ['You cannot make more than one booking at the same time', SAME_HOUR, ALREADY, ALREADY],
  ['Ya tienes una reserva a esa hora', SAME_HOUR, ALREADY, ALREADY],
  ['Ya has reservado a esa hora', SAME_HOUR, ALREADY, ALREADY],
  ['Ya tienes una reserva.', SAME_HOUR, ALREADY, ALREADY],
  ['Ja tens una reserva a aquesta hora', SAME_HOUR, ALREADY, ALREADY],
  ['You already have a booking at that time', SAME_HOUR, ALREADY, ALREADY],
  ['Has superado el límite de reservas de tu tarifa', CONTRACT, LIMIT, UNKNOWN],
  ['Has superat el límit de reserves de la teva tarifa', CONTRACT, LIMIT, UNKNOWN],
  ['You have exceeded the booking limit of your membership', CONTRACT, LIMIT, UNKNOWN],
];

describe('a broken rule (-12)', () => {
  test.each(REFUSALS)('%j with its key %s', async (text, key, meaning) => {
    const answer = await says({ bookState: -12, errorMssg: text, errorMssgLang: key });

    expect(answer).toMatchObject({ ...meaning, code: `-12 ${key}` });
  });

  test.each(REFUSALS)('%j without its key (%s)', async (text, _key, _meaning, textAlone) => {
    expect(await says({ bookState: '-12', errorMssg: text })).toMatchObject({ ...textAlone, code: '-12' });
  });

  test.each(REFUSALS)('%j with a key nobody has seen, instead of %s', async (text, _key, _meaning, textAlone) => {
    const answer = await says({ bookState: -12, errorMssg: text, errorMssgLang: 'ALGO_NUEVO' });

    expect(answer).toMatchObject({ ...textAlone, code: '-12 ALGO_NUEVO' });
  });

  test.each([DAYS, HOURS, SAME_HOUR, CONTRACT])('the key %s decides, whatever the text says', async (key) => {
    const [, , meaning] = REFUSALS.find(([, itsKey]) => itsKey === key) ?? [];

    const answer = await says({ bookState: -12, errorMssg: 'Lo sentimos', errorMssgLang: key });

    expect(answer.kind).toBe(meaning && 'kind' in meaning && meaning.kind);
  });

  test('without key and text', async () => {
    expect(await says({ bookState: -12 })).toEqual({ kind: 'unknown', code: '-12', message: null });
  });
});

describe('what was not said is not guessed', () => {
  test.each([
    'Ya has superado el límite de reservas',
    'Ya has reservado el máximo de clases de tu tarifa',
    'Ya has gastado todas tus reservas',
    'No puedes hacer más de una reserva al día',
    'Ja has superat el límit de reserves',
    'You already have an unpaid receipt',
    'You have already booked 3 classes this week',
    'Ya tienes una reserva pendiente de pago',
    'This class is already booked out',
    'Too many requests at the same time',
    'Demasiadas peticiones a la misma hora',
  ])('%j is no booking of the member’s', async (text) => {
    expect((await says({ bookState: -12, errorMssg: text })).kind).toBe('unknown');
    expect((await says({ error: text })).kind).toBe('unanswered');
  });

  test.each([
    'Solo puedes reservar 3 clases cada 7 días',
    'Tu cuota caduca en 3 días',
    'No puedes reservar con menos de 1 hora de antelación',
    'No pots reservar amb menys de 2 hores d’antelació',
    'You cannot book less than 2 hours in advance',
  ])('%j does not tell when bookings open', async (text) => {
    expect((await says({ bookState: -12, errorMssg: text })).kind).toBe('unknown');
    expect((await says({ message: text })).kind).toBe('unanswered');
  });
});

test.each(['errorMssg', 'errorMsg', 'error', 'message'])(
  'a text alone, under %s, is read when it is one of those seen',
  async (field) => {
    const text = '<b>No puedes</b> hacer más de una reserva a la misma hora';

    const answer = await says({ [field]: text });

    expect(answer).toEqual({
      kind: 'already-booked',
      code: 'none',
      message: 'No puedes hacer más de una reserva a la misma hora',
    });
  },
);

test.each([-3, -6, -9, -10, -11, 2, 99])('code %i is kept, whatever key and text come with it', async (bookState) => {
  for (const [errorMssg, errorMssgLang] of REFUSALS) {
    const answer = await says({ bookState, errorMssg, errorMssgLang, id: '9' });

    expect(answer).toMatchObject({ kind: 'unknown', code: `${bookState} ${errorMssgLang}` });
  }
});

test.each([401, 403, 404, 429, 500, 502, 503, 504])(
  'status %i beside a body that says booked is no booking',
  async (status) => {
    const answer = await bookAnd({ status, body: '{"bookState":1,"id":"90001234"}' });

    expect(answer).toMatchObject(status === 401 ? { kind: 'logged-out' } : { kind: 'unanswered' });
  },
);

test('a text is kept as one can read it, without its HTML, and no longer than can be stored', async () => {
  const answer = await says({ bookState: -3, errorMssg: `<script>x</script> Caf&eacute;  ${'té '.repeat(500)}` });

  expect(answer).toMatchObject({ message: expect.stringMatching(/^x Café té té/) });
  expect('message' in answer && answer.message).toHaveLength(300);
});

test('a text of a million brackets is read no slower than any other', async () => {
  const answer = await says({ bookState: -1, errorMssg: '<'.repeat(1_000_000) });

  expect(answer).toMatchObject({ kind: 'class-full', message: '<'.repeat(300) });
}, 5_000);
