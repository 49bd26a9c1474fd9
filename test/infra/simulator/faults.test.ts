import { describe, expect, test } from 'vitest';
import type { Fault } from '../../../infra/simulator/simulator.ts';
import { scenes } from '../../support/simulator/switched.ts';

const scene = scenes();

/** A booking made although a fault was planned for it: what the client sees, and whether it was made. */
async function bookInto(fault: Fault) {
  const { simulator, member } = await scene();
  await member.login();
  const wanted = simulator.addClass({ opensInMs: 0 });
  simulator.failNext('/api/book', fault);
  const received = await member.book(wanted).catch(() => 'broken' as const);
  return {
    simulator,
    member,
    wanted,
    received,
    made: simulator.reservations(wanted.classId).length,
    noted: simulator.record.bookings[0]?.answer,
  };
}

describe('a fault', () => {
  test.each<[Fault, object, string]>([
    [{ kind: 'status', status: 503 }, { status: 503, text: expect.stringContaining('<h1>503') }, 'status'],
    [{ kind: 'html' }, { status: 200, text: expect.stringMatching(/^<!DOCTYPE html>/) }, 'html'],
    [{ kind: 'logout' }, { status: 200, json: { logout: 1 } }, 'logout'],
    [
      { kind: 'too-early' },
      { status: 200, json: { bookState: -12, errorMssgLang: 'ERROR_ANTELACION_CLIENTE' } },
      'too-early',
    ],
    [{ kind: 'redirect' }, { status: 302, text: '' }, 'redirect'],
  ])('%j answers instead of booking', async (fault, answer, note) => {
    const { simulator, member, wanted, received, made, noted } = await bookInto(fault);

    expect(received).toMatchObject(answer);
    expect(made).toBe(0);
    expect(noted).toBe(note);
    expect((await member.book(wanted)).json).toMatchObject({ bookState: 1 });
    expect(simulator.record.requests['/api/book']).toBe(2);
  });

  test('huge answers with more than 2 MB', async () => {
    const { received, made } = await bookInto({ kind: 'huge' });

    expect(received === 'broken' ? 0 : received.text.length).toBeGreaterThan(2_000_000);
    expect(made).toBe(0);
  });

  test.each<[Fault, number]>([
    [{ kind: 'reset' }, 0],
    [{ kind: 'reset-after' }, 1],
  ])('%j breaks the connection', async (fault, reservations) => {
    const { received, made } = await bookInto(fault);

    expect(received).toBe('broken');
    expect(made).toBe(reservations);
  });

  test('truncated books, and sends half of the answer', async () => {
    const { received, made, noted } = await bookInto({ kind: 'truncated' });

    expect(received).toMatchObject({ status: 200, json: {}, text: expect.stringMatching(/^\{"clases/) });
    expect({ made, noted }).toEqual({ made: 1, noted: 'booked' });
  });

  test('silent-after books, and never answers', async () => {
    const { simulator, member } = await scene();
    await member.login();
    const wanted = simulator.addClass({ opensInMs: 0 });
    simulator.failNext('/api/book', { kind: 'silent-after' });

    const waiting = member.book(wanted).catch(() => 'broken' as const);
    while (simulator.record.bookings.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const first = await Promise.race([waiting, member.whoAmI()]);

    expect(first).toHaveLength(1);
    expect(simulator.reservations(wanted.classId)).toHaveLength(1);
    await simulator.stop();
    expect(await waiting).toBe('broken');
  });

  test('affects the planned number of requests at its path, after the skipped ones', async () => {
    const { simulator, member } = await scene();
    simulator.failNext('/api/login', { kind: 'status', status: 503 }, 2, { skip: 1 });

    const statuses = [];
    for (let time = 0; time < 5; time += 1) statuses.push((await member.login()).status);

    expect(statuses).toEqual([200, 503, 503, 200, 200]);
    expect(await member.whoAmI()).toHaveLength(1);
  });

  test('planned for one class does not affect bookings of other classes', async () => {
    const { simulator, member } = await scene();
    await member.login();
    const [spared, hit] = [simulator.addClass({ opensInMs: 0 }), simulator.addClass({ opensInMs: 0 })];
    simulator.failNext('/api/book', { kind: 'too-early' }, 1, { classId: hit.classId });

    const states = [];
    for (const wanted of [spared, hit, hit]) states.push((await member.book(wanted)).json['bookState']);

    expect(states).toEqual([1, -12, 1]);
  });

  test('can follow another fault, and all are removed together', async () => {
    const { simulator, member } = await scene();
    simulator.failNext('/api/login', { kind: 'status', status: 500 });
    simulator.failNext('/api/login', { kind: 'status', status: 429 }, 100);

    expect((await member.login()).status).toBe(500);
    expect((await member.login()).status).toBe(429);
    simulator.failNext('/api/login', { kind: 'html' }, 0);
    expect((await member.login()).status).toBe(200);
  });
});

test('random faults affect the same requests for the same seed', async () => {
  const faultRates = [{ path: null, fault: { kind: 'status', status: 503 }, rate: 0.3 }] as const;
  const play = async (seed: number) => {
    const { member } = await scene({ seed, faultRates });
    const statuses = [];
    for (let time = 0; time < 60; time += 1) statuses.push((await member.login()).status);
    return statuses;
  };
  const [first, again, other] = await Promise.all([play(1), play(1), play(2)]);

  expect(again).toEqual(first);
  expect(other).not.toEqual(first);
  expect(first?.filter((status) => status === 503).length).toBeGreaterThan(8);
  expect(first?.filter((status) => status === 503).length).toBeLessThan(28);
});

test('a second booking after a lost answer finds the first', async () => {
  const { member, wanted } = await bookInto({ kind: 'reset-after' });

  expect((await member.book(wanted)).json).toMatchObject({ errorMssgLang: 'NOPUEDESRESERVAMISMAHORA' });
});

test.each([403, 429] as const)(
  'a refused address gets %i and a page everywhere, and nothing is carried out',
  async (status) => {
    const { simulator, member } = await scene();
    await member.login();
    const wanted = simulator.addClass({ opensInMs: 0 });
    simulator.set({ refusesAddress: status });

    const answers = [
      await member.login('other@example.com'),
      await member.send(`${simulator.origins.origin}/api/whoami`),
      await member.tokenUpdate('1|1|1'),
      await member.send(`${simulator.origins.origin}/setrefresh`),
      await member.list(wanted),
      await member.book(wanted),
      await member.cancel(wanted, '1'),
      await member.send(member.at(wanted.box, '/favicon.ico')),
    ];

    for (const answer of answers)
      expect(answer).toMatchObject({ status, text: expect.stringContaining(`<h1>${status}</h1>`) });
    expect(simulator.reservations(wanted.classId)).toEqual([]);
    simulator.set({ refusesAddress: null });
    expect(await member.whoAmI()).toHaveLength(1);
  },
);
