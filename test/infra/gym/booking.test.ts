import { describe, expect, test } from 'vitest';
import type { AddClass, GymOptions } from '../../../infra/local/gym/gym.ts';
import { browser } from './member.ts';
import { NOON, scenes } from './switched.ts';

const scene = scenes();
const HOUR = 3_600_000;

describe('a booking', () => {
  test('made at the opening has a reservation', async () => {
    const { gym, member } = await scene();
    await member.login('ada@example.com', 'phone');
    const wanted = gym.addClass({ opensInMs: 0 });

    const told = await member.book(wanted);

    expect(told.status).toBe(200);
    expect(told.json).toEqual({
      bookState: 1,
      id: '90000001',
      clasesContratadas: expect.any(String),
      hasPublicMemberships: 1,
    });
    expect(gym.reservations(wanted.classId)).toEqual([
      { email: 'ada@example.com', bookingId: '90000001', waitlisted: false },
    ]);
    expect(gym.record.bookings).toEqual([
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
    expect(gym.record.requests).toEqual({ '/api/login': 1, '/api/book': 1 });
  });

  test('a hundredth of a millisecond early is refused', async () => {
    const { gym, member, clock } = await scene();
    await member.login();
    const wanted = gym.addClass({ opensInMs: 1_000 });

    clock.advance(999.99);
    expect((await member.book(wanted)).json).toMatchObject({
      bookState: -12,
      errorMssgLang: 'ERROR_ANTELACION_CLIENTE',
    });
    clock.advance(0.01);
    expect((await member.book(wanted)).json).toMatchObject({ bookState: 1 });
    expect(gym.record.bookings.map(({ answer, lateness }) => [answer, Math.round(lateness * 100) / 100])).toEqual([
      ['too-early', -0.01],
      ['booked', 0],
    ]);
  });

  test.each<[string, GymOptions, AddClass, object]>([
    [
      'days, in Spanish',
      {},
      { opensInMs: HOUR },
      early('ERROR_ANTELACION_CLIENTE', 'No puedes reservar clases con más de 4 días de antelación'),
    ],
    [
      'days, in Catalan',
      { language: 'ca' },
      { opensInMs: HOUR },
      early('ERROR_ANTELACION_CLIENTE', /4 dies d'antelació$/),
    ],
    [
      'days, in English',
      { language: 'en' },
      { opensInMs: HOUR },
      early('ERROR_ANTELACION_CLIENTE', /4 days in advance$/),
    ],
    [
      'hours',
      { rule: { unit: 'hours', amount: 48 } },
      { opensInMs: HOUR },
      early('ERROR_ANTELACION_CLIENTE_HORAS', 'No puedes reservar clases con más de 48 horas de antelación'),
    ],
    [
      'a fixed hour',
      { rule: { weekday: 7, time: '17:30' } },
      { opensInMs: HOUR },
      early('ERROR_ANTELACION_CLIENTE', 'Todavía no puedes reservar esta clase'),
    ],
    ['the older state', { tooEarlyState: -4 }, { opensInMs: HOUR }, { bookState: -4 }],
    ['a gate that opens late', { gateBiasMs: 20 }, { opensInMs: -19 }, { bookState: -12 }],
    ['a class that has begun', {}, { opensInMs: -HOUR, startsInMs: -60_000 }, { bookState: -7 }],
    ['bookings closed', { closesBeforeMs: 2 * HOUR }, { opensInMs: -HOUR, startsInMs: HOUR }, { bookState: -7 }],
    ['an unpaid receipt', { unpaid: true }, { opensInMs: 0 }, { bookState: -5 }],
    ['no credit', { noCredit: true }, { opensInMs: 0 }, { bookState: -2 }],
    ['the day’s limit', { dailyLimit: 0 }, { opensInMs: 0 }, { bookState: -8, max: 0 }],
    [
      'the contract’s limit',
      { contractLimit: 0 },
      { opensInMs: 0 },
      { bookState: -12, errorMssgLang: 'HASSUPERADOLIMITCONTR' },
    ],
    ['no room', {}, { opensInMs: 0, capacity: 0 }, { bookState: -1 }],
    ['a seat that reads 0', { seatState: 0 }, { opensInMs: 0 }, { bookState: 0, id: '90000001' }],
    ['the waitlist', {}, { opensInMs: 0, capacity: 0, waitlist: 1 }, { bookState: 0, id: '90000001' }],
    [
      'competitors, all of whom have come',
      {},
      { opensInMs: -2_000, capacity: 8, competitors: 8, fillMs: 1_000 },
      { bookState: -1 },
    ],
    [
      'competitors, none of whom has come',
      {},
      { opensInMs: 0, capacity: 8, competitors: 8, fillMs: 1_000 },
      { bookState: 1 },
    ],
    [
      'competitors, some of whom wait',
      {},
      { opensInMs: -2_000, capacity: 8, waitlist: 4, competitors: 10, fillMs: 1_000 },
      { bookState: 0 },
    ],
  ])('answer: %s', async (_name, options, wanted, answer) => {
    const { gym, member } = await scene(options);
    await member.login();

    expect((await member.book(gym.addClass(wanted))).json).toMatchObject(answer);
  });

  test('at the same hour as another is refused; a family member has hours of her own', async () => {
    const { gym, member } = await scene();
    await member.login();
    const wanted = gym.addClass({ opensInMs: 0, startsInMs: 48 * HOUR });
    const other = gym.addClass({ opensInMs: 0, startsInMs: 48 * HOUR, name: 'OPEN BOX' });
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

  test('of a class that there is not is no booking', async () => {
    const { gym, member } = await scene();
    await member.login();
    const wanted = gym.addClass({ opensInMs: 0 });

    expect((await member.book({ ...wanted, classId: '1' })).json).toMatchObject({ bookState: -12 });
    expect((await member.book({ ...wanted, box: 'elsewhere' })).status).toBe(404);
    expect((await member.send(member.at(wanted.box, '/api/book'))).status).toBe(405);
    expect(gym.reservations(wanted.classId)).toEqual([]);
  });
});

describe('a cancellation', () => {
  test.each<[string, AddClass, string, number]>([
    ['in time', { opensInMs: -1, startsInMs: 2 * HOUR }, '0', 1],
    ['late costs the credit', { opensInMs: -1, startsInMs: HOUR }, '0', 2],
    ['late, and meant', { opensInMs: -1, startsInMs: HOUR }, '1', 1],
  ])('%s', async (_name, wanted, late, cancelState) => {
    const { gym, member } = await scene();
    await member.login();
    const added = gym.addClass(wanted);
    const { json } = await member.book(added);

    expect((await member.cancel(added, String(json['id']), late)).json).toEqual({ cancelState });
    expect(gym.reservations(added.classId)).toHaveLength(cancelState === 1 ? 0 : 1);
  });

  test('by the slot’s id, or of another member’s place, is refused', async () => {
    const { gym, member } = await scene();
    const other = browser(gym);
    await member.login('ada@example.com');
    await other.login('bob@example.com');
    const wanted = gym.addClass({ opensInMs: 0 });
    const { json } = await member.book(wanted);

    expect((await member.cancel(wanted, wanted.classId)).json).toEqual({ cancelState: 3 });
    expect((await other.cancel(wanted, String(json['id']))).json).toEqual({ cancelState: 3 });
    expect(gym.reservations(wanted.classId)).toHaveLength(1);
  });

  test('moves the first to wait up', async () => {
    const { gym, member } = await scene();
    const other = browser(gym);
    await member.login('ada@example.com');
    await other.login('bob@example.com');
    const wanted = gym.addClass({ opensInMs: 0, capacity: 1, waitlist: 2 });
    const { json } = await member.book(wanted);
    await other.book(wanted);

    await member.cancel(wanted, String(json['id']));

    expect(gym.reservations(wanted.classId)).toMatchObject([{ email: 'bob@example.com', waitlisted: false }]);
  });
});

function early(errorMssgLang: string, text: string | RegExp): object {
  return { bookState: -12, errorMssgLang, errorMssg: typeof text === 'string' ? text : expect.stringMatching(text) };
}
