import { afterEach, expect, test } from 'vitest';
import { startFiring } from '../support/firing/firing.ts';

/* A box that opens late, and an AimHarder that turns shots away: time bounds the shots, not a count. */

let world: Awaited<ReturnType<typeof startFiring>> | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

test.for([
  [0, 0],
  [300, 500],
  [6_000, 1_250],
  [45_000, 6_250],
  [119_000, 1_000],
])('a gate that opens %d ms late: booked within %d ms of it', async ([gateBiasMs = 0, within = 0]) => {
  world = await startFiring({ gateBiasMs });

  const { status, arrivals, reservations } = await world.fire(20_000);

  expect({ status, reservations }).toEqual({ status: 'booked', reservations: 1 });
  expect(arrivals.at(-1)).toBeGreaterThanOrEqual(gateBiasMs);
  expect(arrivals.at(-1)).toBeLessThan(gateBiasMs + within + 100);
});

test('a gate that opens 130 s late: the pre-booking ends as too early, at the end of the grace', async () => {
  world = await startFiring({ gateBiasMs: 130_000 });

  const { result, arrivals } = await world.fire(20_000);

  expect(result).toMatchObject({ outcome: 'too-early', shots: arrivals.length });
  expect(arrivals.at(-1)).toBeGreaterThan(119_000);
  expect(arrivals.at(-1)).toBeLessThan(120_000);
});

test('a gate that opens late, and a timetable that does not answer: no shot waits for it', async () => {
  world = await startFiring({ gateBiasMs: 2_500 });
  // The preparation reads the timetable once; then the refused shots are to be explained.
  world.simulator.failNext('/api/bookings', { kind: 'silent' }, 1, { skip: 1 });

  const { status, arrivals } = await world.fire(20_000);

  expect(status).toBe('booked');
  expect(arrivals.at(-1)).toBeLessThan(3_600);
});

test.for([429, 503])('%d, again and again: the shot is repeated until it is processed', async (status) => {
  world = await startFiring();
  world.simulator.failNext('/api/book', { kind: 'status', status }, 12);

  const fired = await world.fire(20_000);

  expect(fired).toMatchObject({ status: 'booked', reservations: 1, result: { shots: 13 } });
  expect(world.simulator.record.requests['/api/bookings']).toBeLessThan(5);
  const [first = 0, second = 0, third = 0] = fired.arrivals;
  expect([second - first, third - second]).toEqual([100, 200]);
});

test('Retry-After is obeyed, and made longer by a quarter at most', async () => {
  world = await startFiring();
  world.simulator.failNext('/api/book', { kind: 'status', status: 503, retryAfter: 7 });

  const { status, arrivals } = await world.fire(20_000);

  expect(status).toBe('booked');
  const [first = 0, second = 0] = arrivals;
  expect(second - first).toBeGreaterThanOrEqual(7_000);
  expect(second - first).toBeLessThanOrEqual(8_750);
});

test('503 until the grace is over: the pre-booking fails, and its last shot leaves in the grace', async () => {
  world = await startFiring();
  world.simulator.failNext('/api/book', { kind: 'status', status: 503 }, 1_000);

  const { status, result, arrivals, reservations } = await world.fire(20_000);

  expect({ status, outcome: result.outcome, reservations }).toEqual({
    ...{ status: 'failed', outcome: 'upstream-rejected', reservations: 0 },
  });
  expect(arrivals.at(-1)).toBeLessThan(120_000);
});
