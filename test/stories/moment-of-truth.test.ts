import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Fault } from '../../infra/simulator/simulator.ts';
import { MINUTE } from '../../lib/platform/clock.ts';
import { type Json, untilAnswered } from '../support/stories/api-client.ts';
import { AHEAD, type Member, startWorld, type World } from '../support/stories/world.ts';

/** A fault at the shot, the outcome of the pre-booking, and the number of shots. */
const FAULTS = [
  ['the answer is lost after the booking was made', { kind: 'reset-after' }, 1],
  ['the connection is reset at the shot', { kind: 'reset' }, 2],
  ['AimHarder answers 503', { kind: 'status', status: 503 }, 2],
  ['AimHarder shows a page', { kind: 'html' }, 2],
  ['the answer is cut short after the booking was made', { kind: 'truncated' }, 1],
] as const;

type Ordered = Awaited<ReturnType<typeof order>>;

let world: World;
let cancelled: Ordered;
let delivered: Ordered;
let faulty: readonly Ordered[];
let loggedOut: Ordered;
let dead: Ordered;
let early: Ordered;

/** Orders a class, long before it opens. */
async function order(opensAt: number) {
  const member = world.member();
  const token = await world.login({ ...member, fingerprint: 'phone-12345' });
  const phone = world.api.as(token);
  const wanted = await world.addClass({ opensAt });
  const ordered = await untilAnswered(() => phone.post('/v1/prebookings', wanted));
  return { ...wanted, member, token, phone, id: String((ordered.body['prebooking'] as Json)['id']) };
}

async function orderWith(opensAt: number, fault: Fault, times = 1) {
  const ordered = await order(opensAt);
  world.simulator.failNext('/api/book', fault, times, { classId: ordered.classId });
  return ordered;
}

/** All open at one instant, but the one that is cancelled: that has a minute more to be cancelled in. */
beforeAll(async () => {
  world = await startWorld();
  const opensAt = world.clock.now() + AHEAD;
  cancelled = await order(opensAt + MINUTE);
  delivered = await order(opensAt);
  faulty = await Promise.all(FAULTS.map(([, fault]) => orderWith(opensAt, fault)));
  loggedOut = await orderWith(opensAt, { kind: 'logout' });
  dead = await order(opensAt);
  world.simulator.endSession({ email: dead.member.email });
  early = await orderWith(opensAt, { kind: 'too-early' }, 8);
  await world.skipTo(delivered.opensAt, 4_000);
});
afterAll(() => world.stop());

async function outcomeOf({ token, member, id, classId }: Ordered) {
  const finished = await world.finishedFor(token, id);
  return { finished, shots: world.shotsAt(classId), reservations: reservationsOf(member, classId) };
}

const reservationsOf = ({ email }: Member, classId: string) => world.reservationsIn(classId, email);

describe('at the moment of truth', () => {
  test('a wake-up delivered twice at once sends one shot', async () => {
    const { member, id } = delivered;
    const wakeUp = { email: member.email, id, order: await world.orderOf(member.email, id) };
    await Promise.all([world.fire(wakeUp), world.fire(wakeUp)]);

    const { finished, shots, reservations } = await outcomeOf(delivered);

    expect(finished).toMatchObject({ status: 'booked', result: { shots: 1 } });
    expect(shots).toHaveLength(1);
    expect(reservations).toBe(1);
  });

  test('a pre-booking that is cancelled while it prepares sends no shot', async () => {
    const { id, phone, classId, opensAt } = cancelled;
    await world.logged('prebooking-claimed', { prebooking: id });

    expect((await phone.delete(`/v1/prebookings/${id}`)).status).toBe(204);

    // As soon as its firing has ended.
    await world.skipTo(opensAt, -1_000);
    expect(world.shotsAt(classId)).toEqual([]);
    expect((await phone.get(`/v1/prebookings/${id}`)).body['prebooking']).toMatchObject({ status: 'cancelled' });
  });

  test.each(FAULTS.map(([name, , count], index) => [name, count, index] as const))(
    '%s: one booking',
    async (_name, count, index) => {
      const { finished, shots, reservations } = await outcomeOf(faulty[index] ?? delivered);

      expect(finished).toMatchObject({ status: 'booked', result: { shots: count } });
      expect(reservations).toBe(1);
      expect(shots).toHaveLength(count);
    },
  );

  test('after logout:1 at the shot the session is refreshed once, and the class booked', async () => {
    const { finished, shots, reservations } = await outcomeOf(loggedOut);

    expect(finished).toMatchObject({ status: 'booked', result: { shots: 2 } });
    expect(shots).toHaveLength(2);
    expect(reservations).toBe(1);
  });

  test('a dead background session is recorded as the reason', async () => {
    const { finished } = await outcomeOf(dead);

    expect(finished).toMatchObject({ status: 'failed', result: { outcome: 'login-required' } });
  });

  test('a pre-booking that comes too early eight times is booked by the ninth shot', async () => {
    const { finished, shots } = await outcomeOf(early);

    expect(finished).toMatchObject({ status: 'booked', result: { outcome: 'booked', shots: 9 } });
    expect(shots).toHaveLength(9);
  });

  test('a wake-up after the grace period books nothing, and records it', async () => {
    const member = world.member();
    await world.login({ ...member, fingerprint: 'phone-12345' });
    const { id, order, classId } = await world.forgottenPrebooking(member.email, { opensInMs: -130_000 });

    expect(await world.fire({ email: member.email, id, order })).toEqual({ ends: ['missed'] });
    expect(world.shotsAt(classId)).toEqual([]);
  });
});
