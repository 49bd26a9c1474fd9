import { describe, expect, test } from 'vitest';
import type { SimulatorOptions } from '../../infra/simulator/simulator.ts';
import { HOUR, MINUTE } from '../../lib/platform/clock.ts';
import type { Pending } from '../../lib/prebookings/prebooking.ts';
import { followClass } from '../../lib/prebookings/wanted-class.ts';
import { NEXT_MINUTE, startFiring } from '../support/firing/firing.ts';

type Finishing = { readonly onTestFinished: (stop: () => Promise<void>) => void };

async function firing({ onTestFinished }: Finishing, options: SimulatorOptions = {}) {
  const world = await startFiring(options);
  onTestFinished(world.stop);
  return world;
}

/** The class starts 48 hours after the opening at 18:30 UTC, at 19:30 in Madrid. */
const DAY = '2026-03-22';
const STARTS_AT = NEXT_MINUTE.getTime() + 48 * HOUR;

/** An order by a rule in hours, whose class starts at that time of the box's clock. */
function orderedAt(time: string) {
  const minutes = Number(time.slice(0, 2)) * 60 + Number(time.slice(3)) - (19 * 60 + 30);
  const opens = new Date(NEXT_MINUTE.getTime() + minutes * MINUTE);
  const ordered = { openingRule: { hoursBefore: 48 }, classStartsAt: STARTS_AT + minutes * MINUTE };
  return { opens, options: { wanted: { day: DAY, time }, ordered } };
}

describe.concurrent('a class that the box has cancelled since it was ordered', () => {
  test('gets no shot, and its member is told why', async (context) => {
    const { fire, simulator } = await firing(context);

    const { status, result } = await fire(6_000, { changed: { cancelled: true } });

    expect({ status, result }).toMatchObject({ status: 'failed', result: { outcome: 'class-cancelled', shots: 0 } });
    expect(simulator.record.bookings).toEqual([]);
  });

  test('gets no shot either if the box lists it only from the opening on', async (context) => {
    const { fire, simulator } = await firing(context, { hiddenUntilOpen: true });

    const { result } = await fire(3_000, { ordered: { classId: null }, changed: { cancelled: true } });

    expect(result).toMatchObject({ outcome: 'class-cancelled', shots: 0 });
    expect(simulator.record.bookings).toEqual([]);
  });

  test('is refused if it is fired too late to look first, and its member is told why', async (context) => {
    const { fire } = await firing(context);

    const { status, result } = await fire(2_000, { changed: { cancelled: true } });

    expect({ status, result }).toMatchObject({ status: 'failed', result: { outcome: 'class-cancelled', shots: 1 } });
  });

  test('was not missed if it is fired after its grace', async (context) => {
    const { fire, simulator } = await firing(context);

    const { result } = await fire(-3 * MINUTE, { changed: { cancelled: true } });

    expect(result).toMatchObject({ outcome: 'class-cancelled', shots: 0 });
    expect(simulator.record.bookings).toEqual([]);
  });

  test('is booked in the class that replaced it', async (context) => {
    const { fire, simulator } = await firing(context);

    const { status, bookedInDouble, result } = await fire(6_000, { changed: { cancelled: true, double: true } });

    expect({ status, bookedInDouble, shots: result.shots }).toEqual({ status: 'booked', bookedInDouble: 1, shots: 1 });
    expect(simulator.record.bookings).toHaveLength(1);
  });

  test('and replaced, fired too late to look first, is booked in the other one after the refusal', async (context) => {
    const { fire, simulator } = await firing(context);

    const { status, prebooking, bookedInDouble, result } = await fire(2_000, {
      changed: { cancelled: true, double: true },
    });

    const shots = simulator.record.bookings.map(({ classId }) => classId);
    expect({ status, bookedInDouble, shots: result.shots }).toEqual({
      ...{ status: 'booked', bookedInDouble: 1, shots: shots.length },
    });
    expect(prebooking?.classId).toBe(shots.at(-1));
    expect(new Set(shots).size).toBe(2);
  });
});

test('of two classes alike, the one that was ordered is booked', async (context) => {
  const { fire } = await firing(context);

  const { status, reservations, bookedInDouble } = await fire(6_000, { changed: { double: true } });

  expect({ status, reservations, bookedInDouble }).toEqual({ status: 'booked', reservations: 1, bookedInDouble: 0 });
});

describe.concurrent('a class that has moved since it was ordered', () => {
  test('by a minute is booked at its new opening', async (context) => {
    const { fire } = await firing(context);
    const { opens, options } = orderedAt('19:30');

    const { status, arrivals, prebooking, result } = await fire(opens, { ...options, changed: { time: '19:31' } });

    expect({ status, shots: result.shots, sent: arrivals.length }).toEqual({ status: 'booked', shots: 1, sent: 1 });
    expect(arrivals[0]).toBeGreaterThanOrEqual(0);
    expect(arrivals[0]).toBeLessThan(1_000);
    expect(prebooking).toMatchObject({ classTime: '19:31', opensAt: opens.getTime() + MINUTE });
  });

  test('by a minute, fired too late to look first, is booked at its new opening after the refusal', async (context) => {
    const { fire } = await firing(context, { rule: { unit: 'hours', amount: 48 } });
    const { opens, options } = orderedAt('19:29');

    const { status, reservations, prebooking, arrivals, result } = await fire(opens, {
      ...options,
      changed: { time: '19:30' },
    });

    expect({ status, reservations }).toEqual({ status: 'booked', reservations: 1 });
    expect(arrivals.filter((lateness) => lateness >= 0)).toHaveLength(1);
    expect(arrivals.at(-1)).toBeLessThan(1_000);
    expect(result.shots).toBe(arrivals.length);
    expect(prebooking).toMatchObject({ classTime: '19:30', classStartsAt: STARTS_AT, opensAt: NEXT_MINUTE.getTime() });
  });

  test('to an earlier hour is booked at its earlier opening', async (context) => {
    const { fire } = await firing(context);
    const { opens, options } = orderedAt('19:31');

    const { status, arrivals, prebooking } = await fire(opens, { ...options, changed: { time: '19:30' } });

    expect({ status, shots: arrivals.length }).toEqual({ status: 'booked', shots: 1 });
    expect(arrivals[0]).toBeLessThan(1_000);
    expect(prebooking).toMatchObject({ classTime: '19:30', opensAt: NEXT_MINUTE.getTime() });
  });

  test('so far that its bookings are open is booked at once', async (context) => {
    const { fire } = await firing(context);
    const { opens, options } = orderedAt('19:31');

    const { status, prebooking } = await fire(opens, { ...options, changed: { time: '17:00' } });

    expect(status).toBe('booked');
    expect(prebooking).toMatchObject({ classTime: '17:00', classStartsAt: STARTS_AT - 2.5 * HOUR });
  });

  test('so far that its opening is hours away waits for another wake-up', async (context) => {
    const { fireOnce, simulator } = await firing(context);
    const { opens, options } = orderedAt('19:30');

    const { end, prebooking } = await fireOnce(opens, { ...options, changed: { time: '21:30' } });

    expect(end).toBe('postponed');
    expect(prebooking).toMatchObject({
      ...{ status: 'pending', armed: false, needsNewWakeUp: true, lease: null },
      ...{ classTime: '21:30', classStartsAt: STARTS_AT + 2 * HOUR, classEndsAt: STARTS_AT + 3 * HOUR },
      ...{ opensAt: opens.getTime() + 2 * HOUR, wakesAt: opens.getTime() + 2 * HOUR - 120_000 },
    });
    expect(simulator.record.bookings).toEqual([]);
  });

  test('is not booked for a routine, which wants its hour', async (context) => {
    const { fire, simulator } = await firing(context);
    const { opens, options } = orderedAt('19:30');
    const ordered = { ...options.ordered, routineId: 'weekly' };

    const { status, result } = await fire(opens, { ...options, ordered, changed: { time: '21:30' } });

    expect({ status, result }).toMatchObject({ status: 'failed', result: { outcome: 'class-not-found', shots: 0 } });
    expect(simulator.record.bookings).toEqual([]);
  });
});

describe('the opening of a class that has moved', () => {
  const now = Date.UTC(2026, 2, 18, 12);
  const order: Pending = {
    ...{
      email: 'ada@example.com',
      id: 'id',
      generation: 1,
      box: 'crossfit-demo',
      boxId: '9001',
      day: DAY,
      classId: '1',
    },
    ...{
      familyId: null,
      whenFull: null,
      routineId: null,
      className: 'WOD',
      classTime: '19:30',
      classStartsAt: STARTS_AT,
    },
    ...{ opensAt: STARTS_AT - 48 * HOUR, wakesAt: 0, createdAt: now, status: 'pending', armed: true, lease: null },
  };
  const listed = {
    ...{ classId: '1', name: 'WOD', coach: null, capacity: 14, booked: 0, waitlist: null, enabled: true },
    ...{ cancelled: false, mine: null, bookingId: null },
  } as const;
  const openingAt = (start: string, ordered: Partial<Pending>) => {
    const row = { ...listed, start, end: '22:00' };
    const moved = followClass({ boxSettings: { timezones: new Map() } }, { ...order, ...ordered }, row, now);
    return (moved.opensAt - order.opensAt) / MINUTE;
  };

  test('follows from the rule that it was ordered with', () => {
    expect(openingAt('20:00', { openingRule: { hoursBefore: 48 } })).toBe(30);
    expect(openingAt('19:00', { openingRule: { daysBefore: 2 } })).toBe(-30);
    expect(openingAt('20:00', { openingRule: { daysBefore: 2, time: '19:30' } })).toBe(0);
  });

  test('that was stated as an instant is the earlier one: a shot that is too early is repeated', () => {
    expect(openingAt('19:00', {})).toBe(-30);
    expect(openingAt('20:00', {})).toBe(0);
  });

  test('that is past is now', () => {
    expect(openingAt('19:00', { openingRule: { daysBefore: 7 } })).toBe((now - order.opensAt) / MINUTE);
  });
});
