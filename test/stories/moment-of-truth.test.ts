import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Answer } from '../support/infra/described.ts';
import type { Json } from '../support/stories/api-client.ts';
import { startWorld, type World } from '../support/stories/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const prebookingOf = (answer: Answer) => answer.body['prebooking'] as Json;

describe('at the moment of truth', () => {
  /** Orders a class that opens shortly, lets something go wrong at the shot, and waits for the end. */
  async function fireWith(
    prepare: (wanted: { classId: string }, member: { email: string }) => Promise<void> | void,
    opensInMs = 4_000,
  ) {
    const member = world.member();
    const phone = world.api.as(await world.login({ ...member, fingerprint: 'phone-12345' }));
    const watcher = await world.watcherOf(member);
    const wanted = await world.addClass({ opensInMs });
    const ordered = await phone.post('/v1/prebookings', wanted);
    await prepare(wanted, member);
    const finished = await world.finishedFor(watcher, String(prebookingOf(ordered)['id']));
    return {
      finished,
      shots: world.shotsAt(wanted.classId),
      reservations: world.reservationsIn(wanted.classId, member.email),
      member,
      ordered,
    };
  }

  test('two deliveries of the wake-up at once send one shot', async () => {
    const { finished, shots, reservations } = await fireWith(async (wanted, member) => {
      const id = await world.idOf(member.email, wanted.classId);
      const order = await world.orderOf(member.email, id);
      await Promise.all([
        world.fire({ email: member.email, id, order }),
        world.fire({ email: member.email, id, order }),
      ]);
    });

    expect(finished).toMatchObject({ status: 'booked', result: { shots: 1 } });
    expect(shots).toHaveLength(1);
    expect(reservations).toBe(1);
  });

  test.each([
    ['the answer is lost after the booking was made', { kind: 'reset-after' }, 'booked', 1],
    ['the connection is reset at the shot', { kind: 'reset' }, 'booked', 2],
    ['AimHarder answers 503', { kind: 'status', status: 503 }, 'booked', 2],
    ['AimHarder shows a page', { kind: 'html' }, 'booked', 2],
    ['the answer is cut short after the booking was made', { kind: 'truncated' }, 'booked', 1],
  ] as const)('%s: one booking', async (_name, fault, status, count) => {
    const { finished, shots, reservations } = await fireWith(() => world.simulator.failNext('/api/book', fault, 1));

    expect(finished).toMatchObject({ status, result: { shots: count } });
    expect(reservations).toBe(1);
    expect(shots).toHaveLength(count);
  });

  test('logout:1 at the shot: the session is refreshed once, and the place taken', async () => {
    const { finished, shots, reservations } = await fireWith(() =>
      world.simulator.failNext('/api/book', { kind: 'logout' }, 1),
    );

    expect(finished).toMatchObject({ status: 'booked', result: { shots: 2 } });
    expect(shots).toHaveLength(2);
    expect(reservations).toBe(1);
  });

  test('a dead background session is a recorded reason', async () => {
    const { finished } = await fireWith((_wanted, { email }) => world.simulator.endSession({ email }));

    expect(finished).toMatchObject({ status: 'failed', result: { outcome: 'login-required' } });
  });

  test('too early again and again ends after eight shots', async () => {
    const { finished, shots } = await fireWith(() => world.simulator.failNext('/api/book', { kind: 'too-early' }, 100));
    world.simulator.failNext('/api/book', { kind: 'too-early' }, 0);

    expect(finished).toMatchObject({ status: 'failed', result: { outcome: 'too-early', shots: 8 } });
    expect(shots).toHaveLength(8);
  });

  test('the member cancels while it prepares: no shot', async () => {
    const member = world.member();
    const phone = world.api.as(await world.login({ ...member, fingerprint: 'phone-12345' }));
    const wanted = await world.addClass({ opensInMs: 5_000 });
    const id = prebookingOf(await phone.post('/v1/prebookings', wanted))['id'];

    expect((await phone.delete(`/v1/prebookings/${id}`)).status).toBe(204);

    await world.past(wanted.opensAt, 1_000);
    expect(world.shotsAt(wanted.classId)).toEqual([]);
    expect(prebookingOf(await phone.get(`/v1/prebookings/${id}`))).toMatchObject({ status: 'cancelled' });
  });

  test('a wake-up after the grace books nothing and says so', async () => {
    const member = world.member();
    await world.login({ ...member, fingerprint: 'phone-12345' });
    const { id, order, classId } = await world.forgottenPrebooking(member.email, { opensInMs: -130_000 });

    expect(await world.fire({ email: member.email, id, order })).toEqual({ end: 'missed' });
    expect(world.shotsAt(classId)).toEqual([]);
  });
});
