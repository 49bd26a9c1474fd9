import { afterAll, beforeAll, expect, test } from 'vitest';
import { toInstant } from '../../lib/boxes/opening.ts';
import { expectProblem, type Json } from '../support/stories/api-client.ts';
import { startWorld, type World } from '../support/stories/world.ts';

const SUNDAYS = { weekday: 7, time: '17:30' };
const DAY = 86_400_000;
/** An offset in the timetable at which every class still opens in the future. */
const MORE_THAN_A_WEEK_LATER = 150;

let world: World;
let configured: World;
beforeAll(async () => {
  [world, configured] = await Promise.all([
    startWorld({ rule: SUNDAYS }),
    startWorld({ rule: SUNDAYS }, { BOX_OPENINGS: JSON.stringify({ 'crossfit-demo': SUNDAYS }) }),
  ]);
});
afterAll(() => Promise.all([world.stop(), configured.stop()]));

const phoneIn = async ({ api, login, member }: World) =>
  api.as(await login({ ...member(), fingerprint: 'phone-12345' }));
const orderedOpening = (body: Json) => (body['prebooking'] as Json)['opensAt'];

test('a box that opens at a fixed time reveals no rule: the order must give the opening, and nothing is guessed', async () => {
  const phone = await phoneIn(world);
  const { wanted } = await world.classNotYetOpen();

  const refused = await phone.post('/v1/prebookings', wanted);

  expectProblem(refused, 409, 'too-early');
  expect((await phone.get('/v1/prebookings')).body['prebookings']).toEqual([]);
});

test('a rule in the request gives the opening, without a refused booking', async () => {
  const phone = await phoneIn(world);
  const { wanted, opensAt } = await world.classNotYetOpen(3);

  const ordered = await phone.post('/v1/prebookings', { ...wanted, opening: SUNDAYS });

  expect(ordered.status).toBe(201);
  expect(orderedOpening(ordered.body)).toBe(opensAt);
  expect(world.shotsAt(wanted.classId)).toEqual([]);
});

test('a rule in one request is not remembered for the box', async () => {
  const phone = await phoneIn(world);
  const { wanted } = await world.classNotYetOpen(1);
  await phone.post('/v1/prebookings', { ...wanted, opening: SUNDAYS });

  const other = await phoneIn(world);

  expectProblem(await other.post('/v1/prebookings', wanted), 409, 'too-early');
});

test.each([{ daysBefore: 4, time: '12:00' }, { hoursBefore: 30 }])('as well as %j', async (opening) => {
  const phone = await phoneIn(world);
  const { wanted } = await world.classNotYetOpen(MORE_THAN_A_WEEK_LATER);
  const listed = await phone.get(`/v1/classes?box=${wanted.box}&day=${wanted.day}`);
  const { startsAt } = (listed.body['classes'] as Json[]).find(({ classId }) => classId === wanted.classId) as Json;

  const ordered = await phone.post('/v1/prebookings', { ...wanted, opening });

  const expected =
    'hoursBefore' in opening
      ? Date.parse(String(startsAt)) - 30 * 3_600_000
      : toInstant(
          { day: new Date(Date.parse(wanted.day) - 4 * DAY).toISOString().slice(0, 10), time: '12:00' },
          'Europe/Madrid',
        );
  expect(Date.parse(String(orderedOpening(ordered.body)))).toBe(expected);
});

test('the configured rule of a box counts for every member, whatever AimHarder has told them', async () => {
  const { email, password } = configured.member();
  const phone = configured.api.as(await configured.login({ email, password, fingerprint: 'phone-12345' }));
  configured.simulator.set({ memberRules: { [email]: { unit: 'days', amount: 1 } } });
  const [first, second] = [await configured.classNotYetOpen(2), await configured.classNotYetOpen(3)];
  await phone.post('/v1/bookings', first.wanted);

  const ordered = await phone.post('/v1/prebookings', second.wanted);

  expect([ordered.status, orderedOpening(ordered.body)]).toEqual([201, second.opensAt]);
});

test('an opening that the order gives counts more than the rule that the member was told', async () => {
  const { email, password } = world.member();
  const phone = world.api.as(await world.login({ email, password, fingerprint: 'phone-12345' }));
  world.simulator.set({ memberRules: { [email]: { unit: 'days', amount: 1 } } });
  const [first, second, third] = [4, 5, 6].map((offset) => MORE_THAN_A_WEEK_LATER + offset);
  const told = await world.classNotYetOpen(first);
  const learned = await phone.post('/v1/prebookings', told.wanted);
  const [byRule, byInstant] = [await world.classNotYetOpen(second), await world.classNotYetOpen(third)];
  const opensAt = new Date(Math.floor(world.simulator.now() / DAY) * DAY + 2 * DAY).toISOString();

  const ruled = await phone.post('/v1/prebookings', { ...byRule.wanted, opening: SUNDAYS });
  const given = await phone.post('/v1/prebookings', { ...byInstant.wanted, opensAt });

  expect(learned.status).toBe(201);
  expect([ruled.status, orderedOpening(ruled.body)]).toEqual([201, byRule.opensAt]);
  expect([given.status, orderedOpening(given.body)]).toEqual([201, opensAt]);
  expect([...world.shotsAt(byRule.wanted.classId), ...world.shotsAt(byInstant.wanted.classId)]).toEqual([]);
});

test('the configured rule of a box opens orders and bookings made too early alike', async () => {
  const phone = await phoneIn(configured);
  const first = await configured.classNotYetOpen();
  const second = await configured.classNotYetOpen(1);

  const ordered = await phone.post('/v1/prebookings', first.wanted);
  const booked = await phone.post('/v1/bookings', second.wanted);

  expect([ordered.status, orderedOpening(ordered.body)]).toEqual([201, first.opensAt]);
  expect(configured.shotsAt(first.wanted.classId)).toEqual([]);
  expect([booked.status, orderedOpening(booked.body)]).toEqual([202, second.opensAt]);
});

test.each([
  ['both', { opening: SUNDAYS, opensAt: '2026-03-27T19:30:00Z' }, 'opensAt or opening, not both'],
  ['a weekday that is none', { opening: { weekday: 8, time: '17:30' } }, 'opening'],
  ['a rule of two kinds', { opening: { hoursBefore: 3, daysBefore: 4 } }, 'opening'],
])('%s is refused', async (_name, fields, named) => {
  const phone = await phoneIn(world);
  const { wanted } = await world.classNotYetOpen();

  const refused = await phone.post('/v1/prebookings', { ...wanted, ...fields });

  expectProblem(refused, 400, 'invalid-request');
  expect(refused.body['detail']).toContain(named);
});
