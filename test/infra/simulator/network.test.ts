import { describe, expect, test } from 'vitest';
import { type SimulatorOptions, startSimulator } from '../../../infra/simulator/simulator.ts';
import { systemClock } from '../../../lib/platform/system-clock.ts';
import { type Answer, browser } from '../../support/simulator/member.ts';
import { NOON, scenes } from '../../support/simulator/switched.ts';

const scene = scenes();
const SECOND = 1_000;

const dateOf = ({ headers }: Answer): number => Date.parse(headers.get('date') ?? '');

describe('the simulator’s clock', () => {
  test('differs from ours, and is sent in whole seconds', async () => {
    const { simulator, member, clock } = await scene({ skewMs: 1_370 });
    const root = member.at('crossfit-demo', '/favicon.ico');

    expect(simulator.now()).toBe(NOON + 1_370);
    expect(dateOf(await member.send(root, { method: 'HEAD' }))).toBe(NOON + SECOND);
    clock.advance(629.9);
    expect(dateOf(await member.send(root, { method: 'HEAD' }))).toBe(NOON + SECOND);
    clock.advance(0.1);
    expect(dateOf(await member.send(root, { method: 'HEAD' }))).toBe(NOON + 2 * SECOND);
  });

  test('does not follow when this machine’s clock is set', async () => {
    const { simulator, clock } = await scene();
    clock.step(5_000);

    expect(simulator.now()).toBe(NOON);
  });

  test.each<[SimulatorOptions['date'], (string | null)[], (string | null)[]]>([
    ['exact', ['Thu, 15 Jan 2026 11:00:00 GMT', 'Thu, 15 Jan 2026 11:00:03 GMT'], [null, null]],
    ['missing', [null, null], [null, null]],
    ['cached', ['Thu, 15 Jan 2026 11:00:00 GMT', 'Thu, 15 Jan 2026 11:00:00 GMT'], ['0', '3']],
    ['stale', ['Thu, 15 Jan 2026 11:00:00 GMT', 'Thu, 15 Jan 2026 11:00:00 GMT'], [null, null]],
  ])('is answer %s', async (date, dates, ages) => {
    const { simulator, member, clock } = await scene({ date });
    const first = await member.send(`${simulator.origins.origin}/`);
    clock.advance(3_000);
    const second = await member.send(`${simulator.origins.origin}/`);

    expect([first, second].map(({ headers }) => headers.get('date'))).toEqual(dates);
    expect([first, second].map(({ headers }) => headers.get('age'))).toEqual(ages);
  });

  test('differs between servers; the balancer’s cookie selects one', async () => {
    const { simulator } = await scene({ servers: [0, -10_000] });
    const seen = new Set<number>();
    for (let time = 0; time < 20; time += 1) {
      const visitor = browser(simulator);
      const dates = [];
      for (let request = 0; request < 3; request += 1)
        dates.push(dateOf(await visitor.send(`${simulator.origins.origin}/`)));
      expect(new Set(dates).size).toBe(1);
      seen.add(dates[0] ?? 0);
    }

    expect([...seen].toSorted()).toEqual([NOON - 10_000, NOON]);
  });

  test('of the server that receives the booking decides whether it is early', async () => {
    const { simulator } = await scene({ servers: [0, -10_000] });
    const wanted = simulator.addClass({ opensInMs: -1_000 });
    const answers: [string, number][] = [];
    for (let time = 0; time < 20; time += 1) {
      const member = browser(simulator);
      await member.login(`member-${time}@example.com`);
      const behind = member.jar.get('AWSALB')?.startsWith('s1-');
      answers.push([String((await member.book(wanted)).json['bookState']), behind ? -9_000 : 1_000]);
    }

    expect(simulator.record.bookings.map(({ lateness }) => lateness)).toEqual(answers.map(([, lateness]) => lateness));
    expect(answers.every(([state, lateness]) => lateness < 0 === (state === '-12'))).toBe(true);
    expect(new Set(answers.map(([state]) => state)).size).toBe(2);
  });
});

describe('the path', () => {
  test('delays the arrival by the inbound part, and the answer by both parts and the work', async () => {
    const path = { inboundMs: 30, outboundMs: 20, jitterMedianMs: 0, jitterSigma: 0 };
    const simulator = await startSimulator({ path, answerMs: { min: 50, max: 50 } });
    const member = browser(simulator);
    await member.login();
    const wanted = simulator.addClass({ opensInMs: -1_000 });

    const sentAt = systemClock.monotonic();
    const answer = await member.book(wanted);
    const answeredAt = systemClock.monotonic();
    await simulator.stop();

    const arrivedAt = simulator.record.bookings[0]?.arrivedAt ?? 0;
    expect(arrivedAt - sentAt).toBeGreaterThanOrEqual(30);
    expect(answeredAt - arrivedAt).toBeGreaterThanOrEqual(70);
    expect(dateOf(answer)).toBe(Math.floor((arrivedAt + 50) / SECOND) * SECOND);
  });

  test('serves files without work', async () => {
    const { member, simulator } = await scene({ answerMs: { min: 60_000, max: 60_000 } });

    expect((await member.send(`${simulator.origins.origin}/favicon.ico`, { method: 'HEAD' })).status).toBe(200);
  });

  test('may differ between connections, and is the same for all requests of one', async () => {
    const draw = async (seed: number) => {
      const { simulator, member, clock } = await scene({ seed, pathPerConnection: { minMs: 5, maxMs: 40 } });
      const wanted = simulator.addClass({ opensInMs: 0 });
      const waiting = member.book(wanted).catch(() => undefined);
      while (!simulator.record.requests['/api/book']) await new Promise((resolve) => setImmediate(resolve));
      clock.advance(1_000);
      await waiting;
      return simulator.record.bookings[0]?.lateness ?? 0;
    };
    const drawn = await Promise.all([1, 2, 3, 1].map(draw));

    expect(drawn[3]).toBe(drawn[0]);
    expect(new Set(drawn).size).toBe(3);
    expect(drawn.every((lateness) => lateness >= 5 && lateness <= 40)).toBe(true);
  });

  test('gives the last seat to the booking that arrives first, whatever the order of sending', async () => {
    const simulator = await startSimulator({ pathPerConnection: { minMs: 0, maxMs: 60 } });
    const members = Array.from({ length: 8 }, () => browser(simulator));
    await Promise.all(members.map((member, index) => member.login(`member-${index}@example.com`)));
    const wanted = simulator.addClass({ opensInMs: -1_000, capacity: 1 });

    await Promise.all(members.map((member) => member.book(wanted)));
    await simulator.stop();

    const { bookings } = simulator.record;
    expect(bookings.map(({ answer }) => answer)).toEqual(['booked', ...Array.from({ length: 7 }, () => 'full')]);
    expect(bookings).toEqual(bookings.toSorted((one, other) => one.arrivedAt - other.arrivedAt));
  });
});
