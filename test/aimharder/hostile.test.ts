import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UpstreamFailure } from '../../lib/aimharder/client.ts';
import { CALLS, Client } from '../support/hostile/calls.ts';
import { type HostileServer, startHostileServer } from '../support/hostile/hostile-server.ts';
import { hostilities, resetAfter, says, wholeAnswer } from '../support/hostile/hostilities.ts';
import { shareOf } from '../support/share.ts';

/* Whatever AimHarder, or what is in front of it, does to a connection: the call ends, and says what it knows. */

let server: HostileServer;
beforeAll(async () => {
  server = await startHostileServer();
});
afterAll(() => server.stop());

const unhurried = new AbortController().signal;
const COOKIE = 'set-cookie: amhrdrauth=auth';
const calls = Object.entries(CALLS).map(([name, call]) => ({ name, ...call }));

/** Runs a call. Its deadline passes once an answer without end has gone on for some time. */
async function outcomeOf({ run }: (typeof calls)[number], client: Client, hostile = server): Promise<unknown> {
  void hostile.worst().then(() => client.passDeadline());
  return run(client, unhurried).catch((error: unknown) => {
    expect(error).toBeInstanceOf(UpstreamFailure);
    return error;
  });
}

/** The failure in an outcome, whether it was thrown or is a value. */
const failureIn = (outcome: unknown): unknown =>
  typeof outcome === 'object' && outcome !== null && 'failure' in outcome ? outcome.failure : outcome;

const isBooking = ({ name }: { readonly name: string }) => name === 'book' || name === 'shot';
const CELLS = calls.flatMap((call) => hostilities(call.body).map((hostility) => ({ call, hostility })));

test.for(shareOf(CELLS))(
  '$call.name, $hostility.name: ends, typed, and the next call works',
  async ({ call, hostility: { ends, act } }) => {
    const { name, body, isSuccess } = call;
    const client = new Client(`http://127.0.0.1:${server.port}`);
    server.does(act);

    const outcome = await outcomeOf(call, client);

    if (ends !== 'answers') expect(isSuccess?.(outcome) ?? false).toBe(false);
    if (ends === 'hangs')
      expect(failureIn(outcome)).toMatchObject({ code: 'upstream-timeout', mayHaveTakenEffect: true });
    if (ends !== 'answers' && isBooking(call))
      expect(outcome).toMatchObject({ kind: 'unanswered', failure: { mayHaveTakenEffect: true } });
    if (ends === 'answers' && name !== 'login') expect(isSuccess?.(outcome) ?? true).toBe(true);
    server.does(says(wholeAnswer(body, COOKIE)));
    const next = await outcomeOf(call, client);
    expect(isSuccess?.(next) ?? true).toBe(true);
    expect(next).not.toBeInstanceOf(UpstreamFailure);
    client.aimHarder.close();
  },
);

test.for(calls)(
  '$name, a reset after each byte of an answer: nothing is believed of it, and a booking is unclear',
  async (call) => {
    const answer = wholeAnswer(call.body, COOKIE);
    const client = new Client(`http://127.0.0.1:${server.port}`);
    for (const bytes of shareOf([...Array(answer.length).keys()])) {
      server.does(resetAfter(answer, bytes));

      const outcome = await outcomeOf(call, client);

      expect(failureIn(outcome), `after ${bytes} bytes`).toMatchObject({ mayHaveTakenEffect: true });
      expect(failureIn(outcome)).toBeInstanceOf(UpstreamFailure);
      if (isBooking(call)) expect(outcome).toMatchObject({ kind: 'unanswered' });
    }
    client.aimHarder.close();
  },
);

describe('over TLS', () => {
  const book = calls.filter(({ name }) => name === 'book' || name === 'shot' || name === 'probe');

  test.each([
    ['an alert', Buffer.from([0x15, 3, 3, 0, 2, 2, 40])],
    ['a record of another length', Buffer.from([0x16, 3, 3, 255, 255, 1])],
    ['HTTP without TLS', Buffer.from(wholeAnswer('{"bookState":1}'))],
    ['nothing at all', Buffer.alloc(0)],
    ['the end', undefined],
  ])('%s instead of a handshake: the call ends, and was not sent', async (_name, rubbish) => {
    const hostile = await startHostileServer({
      onConnect(socket, sent) {
        if (rubbish === undefined) socket.end();
        else if (rubbish.length > 0) socket.write(rubbish);
        for (let pieces = 0; rubbish?.length === 0 && pieces < 100; pieces += 1) sent();
      },
    });
    for (const call of book) {
      hostile.does(() => undefined);
      const client = new Client(`https://127.0.0.1:${hostile.port}`);

      const outcome = await outcomeOf(call, client, hostile);

      expect(failureIn(outcome)).toBeInstanceOf(UpstreamFailure);
      expect(failureIn(outcome)).toMatchObject({ mayHaveTakenEffect: false });
      client.aimHarder.close();
    }
    hostile.stop();
  });
});
