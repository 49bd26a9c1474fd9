import { afterEach, describe, expect, test } from 'vitest';
import { HOUR, type Planning, shown, startPlanning } from '../support/routines/planning.ts';

let world: Planning;
afterEach(() => world.stop());

describe('if AimHarder cannot be asked, the longest rule of the other members is a guess', () => {
  /** Another member was told that the box opens so many days ahead. */
  const known = (daysBefore: number) =>
    world.deps.learnedRules.learn({ email: 'other@example.com', box: 'crossfit-demo', familyId: null }, { daysBefore });

  /** The coming Saturday at 18:00; it is Wednesday, 13:00. */
  const SATURDAY = { weekday: 6 };

  test('without a session, the class is not ordered until it opens in a day by the guess', async () => {
    world = await startPlanning();
    const member = await world.member();
    await known(1);
    await world.routine(member, SATURDAY);
    world.simulator.endSession({ email: member.email });

    await world.plan();
    expect(await world.ordersOf(member.email)).toEqual([]);
    expect(await world.problemOf(member.email)).toMatchObject({ code: 'login-required' });
    expect(await world.planAtOf(member.email)).toBe(HOUR);
    world.clock.advance(29 * HOUR);
    await world.plan();

    expect((await world.ordersOf(member.email)).map(shown)).toEqual([
      { day: '2026-03-21', status: 'pending', listed: true, opensAt: '2026-03-20T17:00' },
    ]);
  });

  test('of two rules the longer one counts, and a class that is open by it is not ordered for later', async () => {
    world = await startPlanning();
    const member = await world.member();
    await known(4);
    await known(2);
    await world.routine(member, SATURDAY);
    world.simulator.endSession({ email: member.email });

    await world.plan();

    expect(await world.ordersOf(member.email)).toEqual([]);
    expect(await world.problemOf(member.email)).toMatchObject({ code: 'login-required' });
  });

  test.each([
    ['AimHarder does not answer the booking', '/api/book', true],
    ['the timetable cannot be read', '/api/bookings', false],
  ])('%s: the class that opens within a day is ordered', async (_name, path, listed) => {
    world = await startPlanning();
    const member = await world.member();
    await known(2);
    await world.routine(member, SATURDAY);
    world.clock.advance(6 * HOUR);
    world.simulator.failNext(path, { kind: 'status', status: 503 }, 9);

    await world.plan();

    expect((await world.ordersOf(member.email)).map(shown)).toEqual([
      { day: '2026-03-21', status: 'pending', listed, opensAt: '2026-03-19T17:00' },
    ]);
  });

  test('a box that hides its classes: the class that opens within a day is ordered, and looked for at its opening', async () => {
    world = await startPlanning({ hiddenUntilOpen: true, rule: { unit: 'days', amount: 2 } });
    const member = await world.member();
    await known(2);
    await world.routine(member, SATURDAY);
    world.clock.advance(6 * HOUR);

    await world.plan();

    expect((await world.ordersOf(member.email)).map(shown)).toEqual([
      { day: '2026-03-21', status: 'pending', listed: false, opensAt: '2026-03-19T17:00' },
    ]);
    expect(await world.problemOf(member.email)).toMatchObject({ code: 'class-not-found' });
  });

  test.each([
    ['for want of credit', '{"bookState":-2}'],
    [
      'in unknown words, which may mean that it is too early',
      '{"bookState":-12,"errorMssgLang":"ALGO_NUEVO","errorMssg":"Encara no"}',
    ],
  ])('a refusal %s does not end the date: the class is ordered for the guess', async (_name, body) => {
    world = await startPlanning();
    const member = await world.member();
    await known(2);
    await world.routine(member, { weekday: 1 });
    world.simulator.failNext('/api/book', { kind: 'answer', body });

    await world.plan();

    expect((await world.ordersOf(member.email)).map(shown)).toEqual([
      { day: '2026-03-23', status: 'pending', listed: true, opensAt: '2026-03-21T17:00' },
    ]);
  });

  test('a refusal in unknown words without a guess is a problem, and AimHarder is asked again six hours later', async () => {
    world = await startPlanning();
    const member = await world.member();
    await world.routine(member, { weekday: 1 });
    const body = '{"bookState":-12,"errorMssgLang":"ALGO_NUEVO","errorMssg":"Encara no"}';
    world.simulator.failNext('/api/book', { kind: 'answer', body });

    await world.plan();

    const problem = await world.problemOf(member.email);
    expect(problem).toMatchObject({ code: 'opening-unknown', detail: expect.stringContaining('Encara no') });
    expect(await world.ordersOf(member.email)).toEqual([]);
    world.clock.advance(6 * HOUR);
    await world.plan();
    expect((await world.ordersOf(member.email)).map(({ day, status }) => ({ day, status }))[0]).toEqual({
      day: '2026-03-23',
      status: 'pending',
    });
  });

  test('a date opens earlier by the guess than two weeks before its class: it is planned that much earlier', async () => {
    world = await startPlanning({ rule: { unit: 'days', amount: 21 } });
    const member = await world.member();
    await known(21);
    await world.routine(member, { weekday: 1, from: '2026-04-06' });

    await world.plan();

    expect((await world.ordersOf(member.email)).map(({ day, status }) => ({ day, status }))).toMatchObject([
      { day: '2026-04-06', status: 'booked' },
      { day: '2026-04-13', status: 'pending' },
    ]);
  });
});
