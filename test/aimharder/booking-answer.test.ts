import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AimHarder } from '../../lib/aimharder/client.ts';
import { systemClock } from '../../lib/platform/system-clock.ts';
import { KEYS, NOT_EARLY, REFUSALS, STATES } from '../support/aimharder/known-answers.ts';
import { type Scripted, type ScriptedUpstream, scriptedUpstream } from '../support/aimharder/scripted-upstream.ts';

/** What a booking's answers say. That there was none, and what is sent, is in booking.test.ts. */
let upstream: ScriptedUpstream;
let aimHarder: AimHarder;
beforeAll(async () => {
  upstream = await scriptedUpstream();
  aimHarder = new AimHarder({ origins: upstream.origins, clock: systemClock });
});
afterAll(() => upstream.stop());

const session = { fingerprint: 'bg-1', token: 'token', cookies: [{ name: 'amhrdrauth', value: 'auth' }] };

function bookAnd(scripted: Scripted) {
  upstream.answer(scripted);
  const order = { box: 'crossfit-demo', day: '2026-03-27', classId: '700101' };
  return aimHarder.book(session, order, new AbortController().signal);
}
const says = (json: unknown) => bookAnd({ body: JSON.stringify(json) });

test.each(STATES)('%s: %j', async (_name, json, meaning) => {
  expect(await says(json)).toMatchObject(meaning);
});

describe('a broken rule (-12)', () => {
  test.each(REFUSALS)('%j with its key %s', async (text, key, meaning) => {
    const answer = await says({ bookState: -12, errorMssg: text, errorMssgLang: key });

    expect(answer).toMatchObject({ ...meaning, code: `-12 ${key}` });
  });

  test.each(REFUSALS)('%j without its key (%s)', async (text, _key, _meaning, textAlone) => {
    expect(await says({ bookState: '-12', errorMssg: text })).toMatchObject({ ...textAlone, code: '-12' });
  });

  test.each(REFUSALS)('%j with an unknown key instead of %s', async (text, _key, _meaning, textAlone) => {
    const answer = await says({ bookState: -12, errorMssg: text, errorMssgLang: 'ALGO_NUEVO' });

    expect(answer).toMatchObject({ ...textAlone, code: '-12 ALGO_NUEVO' });
  });

  test.each(Object.values(KEYS))('the key %s decides, whatever the text says', async (key) => {
    const [, , meaning] = REFUSALS.find(([, itsKey]) => itsKey === key) ?? [];

    const answer = await says({ bookState: -12, errorMssg: 'Lo sentimos', errorMssgLang: key });

    expect(answer.kind).toBe(meaning && 'kind' in meaning && meaning.kind);
  });
});

describe('what an answer does not say is not guessed', () => {
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

  test.each(NOT_EARLY)('%j does not tell when bookings open', async (text) => {
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

    const kind = status === 401 ? 'logged-out' : status === 429 || status === 503 ? 'turned-away' : 'unanswered';
    expect(answer).toMatchObject({ kind });
  },
);

test('a text is kept without its HTML, and no longer than can be stored', async () => {
  const answer = await says({ bookState: -3, errorMssg: `<script>x</script> Caf&eacute;  ${'té '.repeat(500)}` });

  expect(answer).toMatchObject({ message: expect.stringMatching(/^x Café té té/) });
  expect('message' in answer && answer.message).toHaveLength(300);
});

test('a text that is shortened holds no half character', async () => {
  const answer = await says({ bookState: -3, errorMssg: `x${'💪'.repeat(200)}` });

  expect('message' in answer && answer.message?.isWellFormed()).toBe(true);
});

test.each(['<', '9', 'más de 1 ', 'd '])(
  'a text of a million %j is read no slower than any other',
  async (part) => {
    const errorMssg = part.repeat(1_000_000 / part.length);

    expect(await says({ bookState: -12, errorMssg })).toMatchObject({ kind: 'unknown' });
  },
  5_000,
);
