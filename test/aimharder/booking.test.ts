import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AimHarder, UpstreamFailure } from '../../lib/aimharder/client.ts';
import { systemClock } from '../../lib/platform/system-clock.ts';
import { type Scripted, type ScriptedUpstream, scriptedUpstream } from '../support/aimharder/scripted-upstream.ts';

/** Bookings without an answer, what is sent, and cancellations. What answers say is in booking-answer.test.ts. */
let upstream: ScriptedUpstream;
let aimHarder: AimHarder;
beforeAll(async () => {
  upstream = await scriptedUpstream();
  aimHarder = new AimHarder({ origins: upstream.origins, clock: systemClock });
});
afterAll(() => upstream.stop());

const session = {
  fingerprint: 'bg-1',
  token: 'secret-token',
  cookies: [{ name: 'amhrdrauth', value: 'secret-cookie' }],
};
const unhurried = new AbortController().signal;

async function bookAnd(scripted: Scripted) {
  upstream.answer(scripted);
  return aimHarder.book(session, { box: 'crossfit-demo', day: '2026-03-27', classId: '700101' }, unhurried);
}
const says = (json: unknown) => bookAnd({ body: JSON.stringify(json) });
describe('no usable answer is a value, because the booking may have been made', () => {
  test.each<[string, Scripted, string, boolean]>([
    ['nothing in it', { body: '{}' }, 'upstream-rejected', true],
    ['null', { body: 'null' }, 'upstream-rejected', true],
    ['a bookState of null', { body: '{"bookState":null}' }, 'upstream-rejected', true],
    ['a bookState of true', { body: '{"bookState":true}' }, 'upstream-rejected', true],
    ['a list', { body: '[1]' }, 'upstream-rejected', true],
    ['a page', { body: '<html><body>AimHarder</body></html>' }, 'upstream-rejected', true],
    ['half of it', { body: '{"bookState":1', does: 'half' }, 'upstream-unreachable', true],
    ['403', { status: 403, body: '{"bookState":1,"id":"7"}' }, 'upstream-rejected', true],
    ['a redirect', { status: 302, headers: { location: '/elsewhere' } }, 'upstream-rejected', true],
    ['a reset', { does: 'reset' }, 'upstream-unreachable', true],
    ['three megabytes', { body: `{"bookState":1,"id":"7","x":"${'x'.repeat(3_000_000)}"}` }, 'upstream-rejected', true],
  ])('%s', async (_name, scripted, code, mayHaveTakenEffect) => {
    const answer = await bookAnd(scripted);

    expect(answer).toMatchObject({ kind: 'unanswered', failure: { code, mayHaveTakenEffect } });
    expect(
      answer.kind === 'unanswered' &&
        JSON.stringify([answer.failure.message, answer.failure.stack, String(answer.failure.cause)]),
    ).not.toMatch(/secret-/);
  });

  test.each([429, 503])('status %i turned the booking away: nothing was done', async (status) => {
    const answer = await bookAnd({ status, body: '{"bookState":1,"id":"7"}' });

    expect(answer).toMatchObject({ kind: 'turned-away', failure: { code: 'upstream-rejected' } });
  });

  test('a refused connection: the booking was certainly not sent', async () => {
    const deaf = await scriptedUpstream();
    deaf.stop();
    const client = new AimHarder({ origins: deaf.origins, clock: systemClock });

    const answer = await client.book(session, { box: 'crossfit-demo', day: '2026-03-27', classId: '7' }, unhurried);

    expect(answer).toMatchObject({
      kind: 'unanswered',
      failure: { code: 'upstream-unreachable', mayHaveTakenEffect: false },
    });
  });

  test('no answer before the caller gives up', async () => {
    upstream.answer({ does: 'nothing' });

    const answer = await aimHarder.book(
      session,
      { box: 'crossfit-demo', day: '2026-03-27', classId: '7' },
      AbortSignal.timeout(500),
    );

    expect(answer).toMatchObject({
      kind: 'unanswered',
      failure: { code: 'upstream-timeout', mayHaveTakenEffect: true },
    });
  });

  test('a kept connection that breaks under the request does not send it twice', async () => {
    await says({ bookState: 1 });
    const before = upstream.heard.length;

    expect(await bookAnd({ does: 'reset' })).toMatchObject({ kind: 'unanswered' });

    expect(upstream.heard.length - before).toBe(1);
  });
});

test('the request is the same as that of AimHarder’s own page', async () => {
  await says({ bookState: 1, id: '7' });

  const sent = upstream.heard.at(-1);
  expect(sent).toMatchObject({
    method: 'POST',
    path: '/gym/crossfit-demo/api/book',
    body: 'id=700101&day=20260327&insist=0&familyId=',
    headers: { cookie: 'amhrdrauth=secret-cookie', 'x-requested-with': 'XMLHttpRequest' },
  });
});

test.each(['127.0.0.1', 'evil.com/', 'a.b', '..', '%2e', 'A', 'a/../..', 'x@y', ''])(
  'a box named %j is refused before anything is sent',
  async (box) => {
    const before = upstream.heard.length;

    await expect(async () =>
      aimHarder.book(session, { box, day: '2026-03-27', classId: '7' }, unhurried),
    ).rejects.toThrow('one DNS label');
    await expect(aimHarder.listClasses(session, { box, boxId: '1', day: '2026-03-27' }, unhurried)).rejects.toThrow(
      'one DNS label',
    );
    expect(upstream.heard).toHaveLength(before);
  },
);

test.each([
  [{ cancelState: 1 }, 'cancelled'],
  [{ cancelState: '1' }, 'cancelled'],
  [{ cancelState: 2 }, 'late'],
  [{ cancelState: '2' }, 'late'],
  [{ cancelState: 3 }, 'refused'],
  [{ cancelState: '3' }, 'refused'],
  [{ logout: 1 }, 'logged-out'],
  [{ logout: true, cancelState: 1 }, 'logged-out'],
  [{ logout: 0, cancelState: 1 }, 'cancelled'],
])('a cancellation answered %j is %s', async (json, expected) => {
  upstream.answer({ body: JSON.stringify(json) });

  expect(await aimHarder.cancel(session, { box: 'crossfit-demo', bookingId: '9', late: true }, unhurried)).toBe(
    expected,
  );
  expect(upstream.heard.at(-1)).toMatchObject({
    path: '/gym/crossfit-demo/api/cancelBook',
    body: 'id=9&late=1&familyId=',
  });
});

test.each([{ cancelState: 4 }, { cancelState: 0 }, { cancelState: true }, { cancelState: null }, {}, [], null])(
  'a cancellation answered %j is not understood',
  async (json) => {
    upstream.answer({ body: JSON.stringify(json) });

    await expect(
      aimHarder.cancel(session, { box: 'crossfit-demo', bookingId: '9', late: false }, unhurried),
    ).rejects.toBeInstanceOf(UpstreamFailure);
  },
);
