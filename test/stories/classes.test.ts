import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { daysFrom } from '../../lib/boxes/opening.ts';
import { type ApiClient, expectProblem, type Json } from '../support/stories/api-client.ts';
import { startWorld, type World } from '../support/stories/world.ts';

const BOX = 'crossfit-demo';

let world: World;
beforeAll(async () => {
  world = await startWorld({}, { BOX_TIMEZONES: '{"box-tenerife": "Atlantic/Canary"}' });
});
afterAll(() => world.stop());

const newPhone = async () => world.api.as(await world.login({ ...world.member(), fingerprint: 'phone-12345' }));

async function classesOf(phone: ApiClient, query: string): Promise<readonly Json[]> {
  const { status, body } = await phone.get(`/v1/classes?${query}`);
  expect(status).toBe(200);
  return body['classes'] as readonly Json[];
}

const findIn = (classes: readonly Json[], sought: string) => classes.find(({ classId }) => classId === sought);

describe('the classes of several days', () => {
  test('come in one answer, the days in order, for one request to AimHarder each', async () => {
    const phone = await newPhone();
    const { wanted } = await world.classNotYetOpen();
    const asked = () => world.simulator.record.requests['/api/bookings'] ?? 0;
    const before = asked();

    const { body } = await phone.get(`/v1/classes?box=${BOX}&day=${wanted.day}&days=7`);

    expect(body).toMatchObject({ box: BOX, boxName: 'CrossFit Demo', timezone: 'Europe/Madrid', day: wanted.day });
    const classes = body['classes'] as readonly Json[];
    expect([...new Set(classes.map(({ day }) => day))]).toEqual(daysFrom(wanted.day, 7));
    expect(asked() - before).toBe(7);
    expect(classes.filter(({ day }) => day === wanted.day)).toEqual(
      await classesOf(phone, `box=${BOX}&day=${wanted.day}`),
    );
  });

  test.each(['days=0', 'days=8', 'days=2.5', 'days=', 'days=two', 'days=1&days=2'])('%s is refused', async (days) => {
    expectProblem(
      await (await newPhone()).get(`/v1/classes?box=${BOX}&day=2026-06-10&${days}`),
      400,
      'invalid-request',
    );
  });

  test('have local times, also at a box in another zone', async () => {
    const phone = await newPhone();

    const [first] = await classesOf(phone, 'box=box-tenerife&day=2026-06-10&days=2');

    expect(first).toMatchObject({
      ...{ day: '2026-06-10', startsLocal: '07:00', endsLocal: '08:00' },
      ...{ startsAt: '2026-06-10T06:00:00.000Z', endsAt: '2026-06-10T07:00:00.000Z' },
    });
  });
});

describe('a class that is not open yet', () => {
  test('is bookable as far as is known, until AimHarder has told the member the rule; then it has its opening', async () => {
    const phone = await newPhone();
    const [ordered, other] = [await world.classNotYetOpen(), await world.classNotYetOpen(1)];
    const shown = async () =>
      findIn(await classesOf(phone, `box=${BOX}&day=${other.wanted.day}`), other.wanted.classId);
    expect(await shown()).toMatchObject({ state: 'bookable', opensAt: null });

    await phone.post('/v1/prebookings', ordered.wanted);

    expect(await shown()).toMatchObject({ state: 'not-open', opensAt: other.opensAt, prebookingId: null });
  });

  test('names the member’s pre-booking, and the opening that it waits for', async () => {
    const phone = await newPhone();
    const { box, day, classId, opensAt } = await world.addClass({ opensInMs: 3_600_000 });
    const { body } = await phone.post('/v1/prebookings', { box, day, classId, opensAt });
    const { id } = body['prebooking'] as Json;

    const shown = findIn(await classesOf(phone, `box=${box}&day=${day}`), classId);

    expect(shown).toMatchObject({ state: 'not-open', opensAt, prebookingId: id, routineId: null, bookingId: null });
    await phone.delete(`/v1/prebookings/${id}`);
    expect(findIn(await classesOf(phone, `box=${box}&day=${day}`), classId)).toMatchObject({ prebookingId: null });
  });

  test('names the routine that books it every week', async () => {
    const phone = await newPhone();
    const { box, day, classId } = await world.addClass({ opensInMs: 3_600_000, name: 'Halterofilia B' });
    const listed = findIn(await classesOf(phone, `box=${box}&day=${day}`), classId);
    const weekday = new Date(day).getUTCDay() || 7;
    const wanted = { box, weekday, startsAt: listed?.['startsLocal'], className: 'halterofilia b' };

    const { body } = await phone.post('/v1/routines', wanted);

    const { id } = body['routine'] as Json;
    const classes = await classesOf(phone, `box=${box}&day=${day}`);
    expect(findIn(classes, classId)).toMatchObject({ routineId: id });
    expect(classes.filter(({ routineId }) => routineId === id)).toHaveLength(1);
  });
});
