import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BoxRule, Switches } from '../../infra/simulator/simulator.ts';
import { BoxStore } from '../../lib/boxes/box-store.ts';
import { expectProblem, type Json } from '../support/stories/api-client.ts';
import { startWorld, type World } from '../support/stories/world.ts';

const NOON = { daysBefore: 2, time: '12:00' };

let world: World;
let configured: World;
beforeAll(async () => {
  [world, configured] = await Promise.all([
    startWorld(),
    startWorld({ rule: NOON }, { BOX_OPENINGS: JSON.stringify({ 'crossfit-demo': NOON }) }),
  ]);
});
afterAll(() => Promise.all([world.stop(), configured.stop()]));

const phoneIn = async ({ api, login, member }: World) =>
  api.as(await login({ ...member(), fingerprint: 'phone-12345' }));
const openingIn = (body: Json) => (body['prebooking'] as Json)['opensAt'];

/** A box whose members have not been refused yet, with a rule and a language. */
async function boxThatOpens(
  rule: BoxRule,
  language: Switches['language'],
  tooEarlyState: Switches['tooEarlyState'] = -12,
) {
  world.simulator.set({ rule, language, tooEarlyState });
  await new BoxStore({ documents: world.documents, table: 'boxes' }).forgetRule(world.simulator.demo.box);
}

describe('a refusal reveals a box’s rule, and the next order needs no refused booking', () => {
  test.each<[BoxRule, Switches['language'], Switches['tooEarlyState']]>([
    [{ unit: 'hours', amount: 72 }, 'es', -12],
    [{ unit: 'hours', amount: 48 }, 'ca', -12],
    [{ unit: 'hours', amount: 22 }, 'en', -12],
    [{ unit: 'days', amount: 7 }, 'es', -12],
    [{ unit: 'days', amount: 4 }, 'ca', -12],
    [{ unit: 'days', amount: 3 }, 'en', -12],
    [{ unit: 'days', amount: 5 }, 'es', -4],
    [{ unit: 'hours', amount: 30 }, 'ca', -4],
  ])('%j, in %s, as %i', async (rule, language, tooEarlyState) => {
    await boxThatOpens(rule, language, tooEarlyState);
    const phone = await phoneIn(world);
    const [first, second] = [await world.classNotYetOpen(), await world.classNotYetOpen(5)];

    const refused = await phone.post('/v1/bookings', first.wanted);
    const ordered = await phone.post('/v1/prebookings', second.wanted);

    expect([refused.status, openingIn(refused.body)]).toEqual([202, first.opensAt]);
    expect([ordered.status, openingIn(ordered.body)]).toEqual([201, second.opensAt]);
    expect(world.shotsAt(first.wanted.classId).map(({ answer }) => answer)).toContain('too-early');
    expect(world.shotsAt(second.wanted.classId)).toEqual([]);
  });
});

test('a box that opens at a fixed time reveals no rule; its configured rule gives the openings', async () => {
  await boxThatOpens(NOON, 'es');
  const untold = await world.classNotYetOpen();
  const told = await configured.classNotYetOpen();

  const ordered = await (await phoneIn(configured)).post('/v1/bookings', told.wanted);

  expectProblem(await (await phoneIn(world)).post('/v1/bookings', untold.wanted), 409, 'too-early');
  expect([ordered.status, openingIn(ordered.body)]).toEqual([202, told.opensAt]);
});
