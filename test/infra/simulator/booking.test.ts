import { describe, expect, test } from 'vitest';
import type { AddClass } from '../../../infra/simulator/simulator.ts';
import { browser } from '../../support/simulator/member.ts';
import { NOON, scenes } from '../../support/simulator/switched.ts';

const scene = scenes();
const HOUR = 3_600_000;

describe('a booking', () => {
  test('at the opening makes a reservation', async () => {
    const { simulator, member } = await scene();
    await member.login('ada@example.com', 'phone');
    const wanted = simulator.addClass({ opensInMs: 0 });

    const answer = await member.book(wanted);

    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({
      bookState: 1,
      id: '90000001',
      clasesContratadas: expect.any(String),
      hasPublicMemberships: 1,
    });
    expect(simulator.reservations(wanted.classId)).toEqual([
      { email: 'ada@example.com', bookingId: '90000001', waitlisted: false },
    ]);
    expect(simulator.record.bookings).toEqual([
      {
        classId: wanted.classId,
        email: 'ada@example.com',
        fingerprint: 'phone',
        arrivedAt: NOON,
        opensAt: NOON,
        lateness: 0,
        answer: 'booked',
      },
    ]);
    expect(simulator.record.requests).toEqual({ '/api/login': 1, '/api/book': 1 });
  });

  test('0.01 ms before the opening is refused', async () => {
    const { simulator, member, clock } = await scene();
    await member.login();
    const wanted = simulator.addClass({ opensInMs: 1_000 });

    clock.advance(999.99);
    expect((await member.book(wanted)).json).toMatchObject({
      bookState: -12,
      errorMssgLang: 'ERROR_ANTELACION_CLIENTE',
    });
    clock.advance(0.01);
    expect((await member.book(wanted)).json).toMatchObject({ bookState: 1 });
    expect(simulator.record.bookings.map(({ answer, lateness }) => [answer, Math.round(lateness * 100) / 100])).toEqual(
      [
        ['too-early', -0.01],
        ['booked', 0],
      ],
    );
  });

  test('at the same hour as another is refused; a family member’s bookings are counted apart', async () => {
    const { simulator, member } = await scene();
    await member.login();
    const wanted = simulator.addClass({ opensInMs: 0, startsInMs: 48 * HOUR });
    const other = simulator.addClass({ opensInMs: 0, startsInMs: 48 * HOUR, name: 'OPEN BOX' });
    await member.book(wanted);

    const same = {
      bookState: -12,
      errorMssgLang: 'NOPUEDESRESERVAMISMAHORA',
      errorMssg: 'No puedes hacer más de una reserva a la misma hora',
    };
    expect((await member.book(wanted)).json).toEqual(same);
    expect((await member.book(other)).json).toEqual(same);
    expect((await member.book(other, '77')).json).toMatchObject({ bookState: 1 });
  });

  test('of an unknown class is refused', async () => {
    const { simulator, member } = await scene();
    await member.login();
    const wanted = simulator.addClass({ opensInMs: 0 });

    expect((await member.book({ ...wanted, classId: '1' })).json).toMatchObject({ bookState: -12 });
    expect((await member.book({ ...wanted, box: 'elsewhere' })).status).toBe(404);
    expect((await member.send(member.at(wanted.box, '/api/book'))).status).toBe(405);
    expect(simulator.reservations(wanted.classId)).toEqual([]);
  });
});

describe('a cancellation', () => {
  test.each<[string, AddClass, string, number]>([
    ['in time', { opensInMs: -1, startsInMs: 2 * HOUR }, '0', 1],
    ['late costs the credit', { opensInMs: -1, startsInMs: HOUR }, '0', 2],
    ['late, and meant', { opensInMs: -1, startsInMs: HOUR }, '1', 1],
  ])('%s', async (_name, wanted, late, cancelState) => {
    const { simulator, member } = await scene();
    await member.login();
    const added = simulator.addClass(wanted);
    const { json } = await member.book(added);

    expect((await member.cancel(added, String(json['id']), late)).json).toEqual({ cancelState });
    expect(simulator.reservations(added.classId)).toHaveLength(cancelState === 1 ? 0 : 1);
  });

  test('by the slot’s id, or of another member’s reservation, is refused', async () => {
    const { simulator, member } = await scene();
    const other = browser(simulator);
    await member.login('ada@example.com');
    await other.login('bob@example.com');
    const wanted = simulator.addClass({ opensInMs: 0 });
    const { json } = await member.book(wanted);

    expect((await member.cancel(wanted, wanted.classId)).json).toEqual({ cancelState: 3 });
    expect((await other.cancel(wanted, String(json['id']))).json).toEqual({ cancelState: 3 });
    expect(simulator.reservations(wanted.classId)).toHaveLength(1);
  });

  test('gives the seat to the first on the waitlist', async () => {
    const { simulator, member } = await scene();
    const other = browser(simulator);
    await member.login('ada@example.com');
    await other.login('bob@example.com');
    const wanted = simulator.addClass({ opensInMs: 0, capacity: 1, waitlist: 2 });
    const { json } = await member.book(wanted);
    await other.book(wanted);

    await member.cancel(wanted, String(json['id']));

    expect(simulator.reservations(wanted.classId)).toMatchObject([{ email: 'bob@example.com', waitlisted: false }]);
  });
});
