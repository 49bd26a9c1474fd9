import { describe, expect, test } from 'vitest';
import type { BoxRule, SimulatorOptions } from '../../../infra/simulator/simulator.ts';
import { browser } from '../../support/simulator/member.ts';
import { NOON, scenes } from '../../support/simulator/switched.ts';

const scene = scenes();
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe('the timetable', () => {
  test('is public; only the member’s own fields need a session', async () => {
    const { simulator, member } = await scene();
    const nobody = browser(simulator);
    await member.login();
    const wanted = simulator.addClass({ opensInMs: 0, capacity: 14, waitlist: 4 });
    await member.book(wanted);

    const row = {
      id: Number(wanted.classId),
      time: '12:00 - 13:00',
      timeid: '1200_60',
      className: 'WOD',
      limit: '14 (4)',
      limitc: 14,
      ocupation: 1,
    };
    expect(await member.row(wanted)).toMatchObject({ ...row, bookState: 1, idres: 90_000_001 });
    expect(await nobody.row(wanted)).toMatchObject({ ...row, bookState: null, idres: null });
  });

  test('shows the waitlist as 0 and its absence as -1', async () => {
    const { simulator, member } = await scene();
    await member.login();
    const full = simulator.addClass({ opensInMs: 0, capacity: 0, waitlist: 4 });
    await member.book(full);

    expect(await member.row(full)).toMatchObject({ bookState: 0, limit: '0 (4)', waitlist: 1 });
    expect(await member.row(simulator.addClass({ opensInMs: 0 }))).toMatchObject({
      bookState: null,
      limit: '14',
      waitlist: -1,
      enabled: 1,
    });
  });

  test('names the day in Spanish, and is empty for an invalid day or another box', async () => {
    const { simulator, member } = await scene();
    const { json } = await member.send(member.at('crossfit-demo', '/api/bookings?day=20260312&box=9001'));
    const other = await member.send(member.at('crossfit-demo', '/api/bookings?day=20260312&box=9002'));

    expect(json).toMatchObject({ day: 'Jueves, 12 de Marzo de 2026', clasesDisp: '', seminars: [], resmsgs: [] });
    expect(json['bookings']).toHaveLength(12);
    expect(other.json['bookings']).toEqual([]);
    expect(simulator.record.requests).toEqual({ '/api/bookings': 2 });
  });

  test('can change its types', async () => {
    const { simulator, member } = await scene({ typeDrift: true });
    await member.login();
    const wanted = simulator.addClass({ opensAt: NOON, startsInMs: DAY - 3 * HOUR });
    await member.book(wanted);

    const row = await member.row(wanted);

    expect(row).toMatchObject({
      id: wanted.classId,
      idres: '90000001',
      bookState: '1',
      limitc: '14',
      time: '09:00-10:00',
      timeid: '900_60',
    });
    expect((await member.list(wanted)).json).not.toHaveProperty('resmsgs');
  });

  test('hides a class until it opens', async () => {
    const { simulator, member, clock } = await scene({ hiddenUntilOpen: true });
    const wanted = simulator.addClass({ opensInMs: 1_000 });

    expect(await member.row(wanted)).toBeUndefined();
    clock.advance(1_000);
    expect(await member.row(wanted)).toMatchObject({ className: 'WOD' });
  });

  test('fills as its competitors book', async () => {
    const { simulator, member, clock } = await scene();
    const wanted = simulator.addClass({ opensInMs: 0, capacity: 8, competitors: 12, fillMs: 2_000 });
    const taken: unknown[] = [(await member.row(wanted))?.['ocupation']];
    for (let step = 0; step < 4; step += 1) {
      clock.advance(500);
      taken.push((await member.row(wanted))?.['ocupation']);
    }

    expect(taken[0]).toBe(0);
    expect(taken).toEqual(taken.toSorted((one, other) => Number(one) - Number(other)));
    expect(taken.at(-1)).toBe(8);
    expect(simulator.competitors(wanted.classId)).toHaveLength(12);
  });

  test('lists a member’s future bookings, under other ids', async () => {
    const { simulator, member } = await scene();
    await member.login();
    const wanted = simulator.addClass({ opensInMs: 0 });
    await member.book(wanted);

    const { json } = await member.send(member.at(wanted.box, '/api/nextBookings?box=9001&familyId='));

    expect(json).toEqual({
      nextClasses: [
        { id: 590_000_001, day: 'Domingo, 18 de Enero de 2026', time: '12:00 - 13:00', className: 'WOD', bookState: 1 },
      ],
      history: [],
    });
  });
});

describe('an added class', () => {
  test('can be cancelled, copied, renamed, and moved together with its opening', async () => {
    const { simulator, member } = await scene();
    const { classId, box, day } = simulator.addClass({
      opensInMs: HOUR,
      day: '2026-01-19',
      time: '18:00',
      name: 'YOGA',
    });
    const rows = async () => {
      const { json } = await member.send(member.at(box, '/api/bookings?day=20260119&box=9001'));
      return (json['bookings'] as Record<string, unknown>[]).filter(({ className }) => className === 'YOGA');
    };

    simulator.changeClass(classId, { cancelled: true });
    const double = simulator.doubleClass(classId);
    const moved = simulator.changeClass(double.classId, { time: '19:30' });

    expect(moved).toMatchObject({ day, time: '19:30', opensAt: new Date(NOON + 2.5 * HOUR).toISOString() });
    expect(await rows()).toMatchObject([
      { id: Number(classId), time: '18:00 - 19:00', cancelledId: expect.any(Number) },
      { id: Number(double.classId), time: '19:30 - 20:30', cancelledId: null },
    ]);
    expect(simulator.changeClass(double.classId, { name: 'PILATES' })).toMatchObject({
      time: '19:30',
      name: 'PILATES',
    });
    expect(() => simulator.changeClass('1', {})).toThrow('no added class');
  });
});

describe('the box’s rule', () => {
  test.each<[string, BoxRule | undefined, number, string, string, string]>([
    ['four days', undefined, NOON, '2026-01-19', '13:00', '2026-01-15T12:00:00.000Z'],
    [
      'four days across the end of winter time',
      undefined,
      Date.parse('2026-03-26T05:00:00Z'),
      '2026-03-30',
      '07:00',
      '2026-03-26T06:00:00.000Z',
    ],
    [
      'hours that elapse',
      { unit: 'hours', amount: 72 },
      Date.parse('2026-03-27T03:00:00Z'),
      '2026-03-30',
      '07:00',
      '2026-03-27T05:00:00.000Z',
    ],
    ['Sundays for the week', { weekday: 7, time: '17:30' }, NOON, '2026-01-19', '07:00', '2026-01-18T16:30:00.000Z'],
  ])('%s', async (_name, rule, now, day, time, opensAt) => {
    const { simulator, clock } = await scene({ rule });
    clock.advance(now - NOON);

    expect(simulator.nextRollingClass()).toMatchObject({ box: 'crossfit-demo', boxId: '9001', day, time, opensAt });
  });

  test('opens classes to the exact millisecond', async () => {
    const { simulator, member, clock } = await scene();
    const wanted = simulator.nextRollingClass(1);
    clock.advance(Date.parse(wanted.opensAt) - NOON - 1);
    await member.login();

    expect((await member.book(wanted)).json).toMatchObject({ bookState: -12 });
    clock.advance(1);
    expect((await member.book(wanted)).json).toMatchObject({ bookState: 1 });
  });

  test('finds later classes by their offset', async () => {
    const { simulator } = await scene();

    const ids = [0, 1, 2].map((offset) => simulator.nextRollingClass(offset).classId);

    expect(new Set(ids).size).toBe(3);
  });
});

test.each<SimulatorOptions>([{ seed: 1 }, { seed: 2 }])(
  'the same seed gives the same simulator: %j',
  async (options) => {
    const play = async () => {
      const { simulator, member } = await scene(options);
      const login = await member.login();
      const wanted = simulator.addClass({ opensInMs: -2_000, competitors: 12, fillMs: 4_000 });
      return [login.text, [...member.jar], (await member.list(wanted)).text, simulator.competitors(wanted.classId)];
    };

    expect(await play()).toEqual(await play());
  },
);

test('a class can be added to any box, by the box’s wall clock', async () => {
  const { simulator } = await scene();

  expect(simulator.addClass({ box: 'box-tenerife', opensInMs: 500.4, name: 'OPEN BOX' })).toEqual({
    ...{ box: 'box-tenerife', boxId: '9002', day: '2026-01-18', classId: '900000001', name: 'OPEN BOX', time: '11:00' },
    opensAt: '2026-01-15T11:00:00.500Z',
  });
  expect(simulator.addClass({ opensAt: '2026-01-20T08:00:00.000Z' })).toMatchObject({
    day: '2026-01-20',
    opensAt: '2026-01-20T08:00:00.000Z',
  });
  expect(() => simulator.addClass({ box: 'elsewhere', opensInMs: 0 })).toThrow('no box');
  expect(() => simulator.addClass({})).toThrow('opensInMs');
});
