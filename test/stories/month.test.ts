import { expect, inject, test } from 'vitest';
import { simulatedWeeks } from '../support/routines/simulated-weeks.ts';

const at = (iso: string) => Date.parse(iso);
const EMAIL = 'ada@example.com';

/**
 * Four weeks of one member: three routines, a week's pause, the clocks going forward on 29 March, a class that is full when
 * it opens, and a session that AimHarder ends and a login heals. The simulator opens each class four days ahead, by its own reckoning.
 */
async function month(times: number) {
  const weeks = await simulatedWeeks(at('2026-03-09T08:00:00Z'), { times });
  try {
    const member = await weeks.login(EMAIL);
    await weeks.tell(EMAIL, { email: true, language: 'es' });
    const box = 'crossfit-demo';
    await weeks.routine(member, { box, weekday: 2, startsAt: '18:00', className: 'wod' });
    await weeks.routine(member, { box, weekday: 4, startsAt: '07:00', className: 'WOD', whenFull: 'skip' });
    await weeks.routine(member, { box, weekday: 6, startsAt: '18:00', className: 'Gimnasticos' });
    await weeks.pauses(EMAIL, { pauses: [{ from: '2026-03-16', until: '2026-03-22' }] });

    await weeks.until(EMAIL, at('2026-03-22T04:00:00Z'));
    weeks.simulator.set({ competitors: { count: 100, fillMs: 0 } });
    await weeks.until(EMAIL, at('2026-03-22T07:00:00Z'));
    weeks.simulator.set({ competitors: { count: 0, fillMs: 1 } });

    await weeks.until(EMAIL, at('2026-03-30T12:00:00Z'));
    weeks.simulator.endSession({ email: EMAIL });
    await weeks.until(EMAIL, at('2026-03-31T12:00:00Z'));
    await weeks.login(EMAIL);
    await weeks.until(EMAIL, at('2026-04-06T00:00:00Z'));
    const shots = weeks.simulator.record.bookings;
    return {
      shots: shots.map(({ classId, arrivedAt, answer, lateness }) => ({ classId, arrivedAt, answer, lateness })),
      orders: (await weeks.deps.prebookings.list(EMAIL))
        .toSorted((one, other) => one.classStartsAt - other.classStartsAt)
        .map((one) => [
          `${one.day} ${one.classTime} ${one.className}`,
          `${new Date(one.opensAt).toISOString().slice(0, 16)}Z`,
          'result' in one ? one.result.outcome : one.status,
        ]),
      places: [...new Set(shots.map(({ classId }) => classId))].flatMap((classId) =>
        weeks.simulator.reservations(classId).map(() => classId),
      ),
      mails: weeks.mails.map(({ at: sentAt, subject }) => `${new Date(sentAt).toISOString().slice(0, 16)} ${subject}`),
    };
  } finally {
    await weeks.stop();
  }
}

const EXPECTED = [
  ['2026-03-10 18:00 wod', '2026-03-09T08:00Z', 'booked'],
  ['2026-03-12 07:00 WOD', '2026-03-09T08:00Z', 'booked'],
  ['2026-03-14 18:00 Gimnasticos', '2026-03-10T17:00Z', 'booked'],
  ['2026-03-24 18:00 wod', '2026-03-20T17:00Z', 'booked'],
  ['2026-03-26 07:00 WOD', '2026-03-22T06:00Z', 'class-full'],
  ['2026-03-28 18:00 Gimnasticos', '2026-03-24T17:00Z', 'booked'],
  ['2026-03-31 18:00 wod', '2026-03-27T17:00Z', 'booked'],
  // Summer time from here on; this one opens four hours after the clocks have changed.
  ['2026-04-02 07:00 WOD', '2026-03-29T05:00Z', 'booked'],
  ['2026-04-04 18:00 Gimnasticos', '2026-03-31T16:00Z', 'booked'],
  ['2026-04-07 18:00 wod', '2026-04-03T16:00Z', 'booked'],
  ['2026-04-09 07:00 WOD', '2026-04-05T05:00Z', 'booked'],
  ['2026-04-11 18:00 Gimnasticos', '2026-04-07T16:00Z', 'pending'],
  ['2026-04-14 18:00 wod', '2026-04-10T16:00Z', 'pending'],
  ['2026-04-16 07:00 WOD', '2026-04-12T05:00Z', 'pending'],
];

const MAILS = [
  '2026-03-09T08:00 Plaza reservada: wod, martes, 10 de marzo, 18:00',
  '2026-03-09T08:00 Plaza reservada: WOD, jueves, 12 de marzo, 07:00',
  '2026-03-10T17:00 Plaza reservada: Gimnasticos, sábado, 14 de marzo, 18:00',
  '2026-03-20T17:00 Plaza reservada: wod, martes, 24 de marzo, 18:00',
  '2026-03-22T06:00 Sin plaza: WOD, jueves, 26 de marzo, 07:00',
  '2026-03-24T17:00 Plaza reservada: Gimnasticos, sábado, 28 de marzo, 18:00',
  '2026-03-27T17:00 Plaza reservada: wod, martes, 31 de marzo, 18:00',
  '2026-03-29T05:00 Plaza reservada: WOD, jueves, 2 de abril, 07:00',
  '2026-03-30T12:00 Inicia sesión para que podamos reservar: Gimnasticos, sábado, 4 de abril, 18:00',
  '2026-03-31T04:00 Inicia sesión para que podamos reservar: Gimnasticos, sábado, 4 de abril, 18:00',
  '2026-03-31T16:00 Plaza reservada: Gimnasticos, sábado, 4 de abril, 18:00',
  '2026-04-03T16:00 Plaza reservada: wod, martes, 7 de abril, 18:00',
  '2026-04-05T05:00 Plaza reservada: WOD, jueves, 9 de abril, 07:00',
];

/** Shots before the opening: two bookings, one to learn the unknown opening, one to learn it anew after a class was full at once. */
const ASKED_BEFORE = 2;

/** Twice is for the full run: a month takes seconds. */
test.each<readonly [string, number]>([
  ['', 1],
  ...(inject('thorough') ? ([[', and all of it started twice, doubles nothing', 2]] as const) : []),
])('three routines are booked on the dot for a month, with notifications%s', async (_name, times) => {
  const { orders, mails, shots, places } = await month(times);

  expect(orders).toEqual(EXPECTED);
  expect(mails).toEqual(MAILS);
  expect(places).toHaveLength(EXPECTED.filter(([, , outcome]) => outcome === 'booked').length);
  expect(new Set(places).size).toBe(places.length);
  expect(shots).toHaveLength(EXPECTED.filter(([, , outcome]) => outcome !== 'pending').length + ASKED_BEFORE);
  expect(shots.filter(({ lateness }) => lateness < 0)).toHaveLength(ASKED_BEFORE);
  const fired = shots.filter(({ lateness }) => lateness >= 0 && lateness < 60_000);
  expect(fired).toHaveLength(9);
  expect(Math.max(...fired.map(({ lateness }) => lateness))).toBeLessThan(20);
});
