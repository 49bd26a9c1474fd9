import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plusDays } from '../../infra/simulator/calendar.ts';
import type { BoxRule, Switches } from '../../infra/simulator/simulator.ts';
import { toInstant } from '../../lib/boxes/opening.ts';
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

describe('a refusal reveals a member’s rule, and the member’s next order needs no refused booking', () => {
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
    world.simulator.set({ rule, language, tooEarlyState });
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
  world.simulator.set({ rule: NOON, language: 'es', tooEarlyState: -12 });
  const untold = await world.classNotYetOpen();
  const told = await configured.classNotYetOpen();

  const ordered = await (await phoneIn(configured)).post('/v1/bookings', told.wanted);

  expectProblem(await (await phoneIn(world)).post('/v1/bookings', untold.wanted), 409, 'too-early');
  expect([ordered.status, openingIn(ordered.body)]).toEqual([202, told.opensAt]);
});

const DAY = 86_400_000;
const MINUTE = 60_000;
const TWO_DAYS: BoxRule = { unit: 'days', amount: 2 };
const A_WEEK: BoxRule = { unit: 'days', amount: 7 };

let rules: Readonly<Record<string, BoxRule>> = {};
/** Gives a member, or one of their family, a tariff with an opening rule of its own. */
function setTariff(email: string, rule: BoxRule, familyId?: string): void {
  rules = { ...rules, [familyId === undefined ? email : `${email} ${familyId}`]: rule };
  world.simulator.set({ memberRules: rules });
}

/** Logs in a member whose tariff opens its classes by a rule. */
async function memberWith(rule: BoxRule) {
  const member = world.member();
  setTariff(member.email, rule);
  return { ...member, phone: world.api.as(await world.login({ ...member, fingerprint: 'phone-12345' })) };
}

let classes = 0;
/** Adds a class, each at another time of the day. */
function classIn(days: number, more: { readonly capacity?: number; readonly waitlist?: number } = {}) {
  classes += 1;
  const added = world.simulator.addClass({ opensInMs: 0, startsInMs: days * DAY + classes * MINUTE, ...more });
  const { box, day, classId, time } = added;
  const opensAt = (daysBefore: number) =>
    new Date(toInstant({ day: plusDays(day, -daysBefore), time }, 'Europe/Madrid')).toISOString();
  return { wanted: { box, day, classId }, classId, opensAt };
}

const shown = ({ status, body }: { readonly status: number; readonly body: Json }) => {
  const prebooking = body['prebooking'] as Json;
  return [status, prebooking['status'], prebooking['status'] === 'pending' ? prebooking['opensAt'] : null];
};
const answersTo = (classId: string) => world.shotsAt(classId).map(({ answer }) => answer);

describe('members of one box whose tariffs differ', () => {
  test('the rule of one member is not used for another: a class that is open to her is booked at once', async () => {
    const [bea, ana] = [await memberWith(TWO_DAYS), await memberWith(A_WEEK)];
    const first = classIn(5);
    const second = classIn(5);

    const refused = await bea.phone.post('/v1/prebookings', first.wanted);
    const booked = await ana.phone.post('/v1/prebookings', second.wanted);

    expect(shown(refused)).toEqual([201, 'pending', first.opensAt(2)]);
    expect(shown(booked)).toEqual([201, 'booked', null]);
    expect(world.reservationsIn(second.classId, ana.email)).toBe(1);
  });

  test('each keeps her own rule, although another was refused later, and is refused only once', async () => {
    const [ana, bea] = [await memberWith(A_WEEK), await memberWith(TWO_DAYS)];
    await ana.phone.post('/v1/prebookings', classIn(9).wanted);
    await bea.phone.post('/v1/prebookings', classIn(9).wanted);
    const [hers, others] = [classIn(9), classIn(9)];

    const ordered = await ana.phone.post('/v1/prebookings', hers.wanted);
    const other = await bea.phone.post('/v1/prebookings', others.wanted);

    expect(shown(ordered)).toEqual([201, 'pending', hers.opensAt(7)]);
    expect(shown(other)).toEqual([201, 'pending', others.opensAt(2)]);
    expect([...answersTo(hers.classId), ...answersTo(others.classId)]).toEqual([]);
  });

  test('a relative has a tariff, and therefore a rule, of their own', async () => {
    const { familyId } = world.simulator.demo;
    const bea = await memberWith(TWO_DAYS);
    setTariff(bea.email, A_WEEK, familyId);
    const [own, theirs, later] = [classIn(5), classIn(5), classIn(9)];

    const refused = await bea.phone.post('/v1/prebookings', own.wanted);
    const booked = await bea.phone.post('/v1/prebookings', { ...theirs.wanted, familyId });
    const ordered = await bea.phone.post('/v1/prebookings', { ...later.wanted, familyId });

    expect(shown(refused)).toEqual([201, 'pending', own.opensAt(2)]);
    expect(shown(booked)).toEqual([201, 'booked', null]);
    expect(shown(ordered)).toEqual([201, 'pending', later.opensAt(7)]);
  });

  test('a booking at once also reveals a rule, for its member only', async () => {
    const [bea, ana] = [await memberWith(TWO_DAYS), await memberWith(A_WEEK)];
    const [first, second, third] = [classIn(5), classIn(5), classIn(5)];

    const refused = await bea.phone.post('/v1/bookings', first.wanted);
    const ordered = await bea.phone.post('/v1/prebookings', second.wanted);
    const booked = await ana.phone.post('/v1/prebookings', third.wanted);

    expect(shown(refused)).toEqual([202, 'pending', first.opensAt(2)]);
    expect(shown(ordered)).toEqual([201, 'pending', second.opensAt(2)]);
    expect(answersTo(second.classId)).toEqual([]);
    expect(shown(booked)).toEqual([201, 'booked', null]);
  });

  test('a booking that AimHarder takes before the learned opening corrects the rule', async () => {
    const bea = await memberWith(TWO_DAYS);
    await bea.phone.post('/v1/prebookings', classIn(5).wanted);
    setTariff(bea.email, A_WEEK);
    const [early, next] = [classIn(5), classIn(5)];

    const booked = await bea.phone.post('/v1/bookings', early.wanted);
    const ordered = await bea.phone.post('/v1/prebookings', next.wanted);

    expect([booked.status, booked.body['status']]).toEqual([201, 'booked']);
    expect(shown(ordered)).toEqual([201, 'booked', null]);
  });
});

const UNKNOWN_WORDS = {
  kind: 'answer',
  body: '{"bookState":-12,"errorMssgLang":"ALGO_NUEVO","errorMssg":"Encara no"}',
} as const;

describe('a member whose rule is unknown, and whose refusal contains none', () => {
  /** Members whose rules are known. */
  async function othersAreKnown() {
    for (const rule of [A_WEEK, TWO_DAYS])
      await (await memberWith(rule)).phone.post('/v1/prebookings', classIn(9).wanted);
  }

  test.each([
    ['does not answer', { kind: 'status', status: 503 } as const],
    ['refuses for want of credit, which may be renewed by then', { kind: 'answer', body: '{"bookState":-2}' } as const],
    ['refuses in unknown words, which may mean that it is too early', UNKNOWN_WORDS],
  ])('AimHarder %s: the class is ordered by the longest rule of the others', async (_name, fault) => {
    await othersAreKnown();
    const cleo = await memberWith(TWO_DAYS);
    const { wanted, opensAt, classId } = classIn(9);
    world.simulator.failNext('/api/book', fault, 1, { classId });

    const ordered = await cleo.phone.post('/v1/prebookings', wanted);

    expect(shown(ordered)).toEqual([201, 'pending', opensAt(7)]);
  });

  test.each([
    ['does not answer', { kind: 'status', status: 503 } as const, 502, 'upstream-rejected', ''],
    ['refuses for want of credit', { kind: 'answer', body: '{"bookState":-2}' } as const, 409, 'no-credit', ''],
    [
      'refuses in unknown words: the member is told to state the opening',
      UNKNOWN_WORDS,
      502,
      'upstream-rejected',
      '“Encara no” If bookings are not open yet, set `opensAt` or `opening` yourself.',
    ],
  ])(
    'a class that may be open by that rule is not ordered for later: AimHarder %s',
    async (_name, fault, status, code, advice) => {
      await othersAreKnown();
      const cleo = await memberWith(A_WEEK);
      const { wanted, classId } = classIn(5);
      world.simulator.failNext('/api/book', fault, 1, { classId });

      const refused = await cleo.phone.post('/v1/prebookings', wanted);

      expectProblem(refused, status, code);
      expect(refused.body['detail']).toContain(advice);

      expect((await cleo.phone.get('/v1/prebookings')).body['prebookings']).toEqual([]);
    },
  );

  test('a booking that is refused in unknown words is ordered by that rule, or the member is told to state the opening', async () => {
    await othersAreKnown();
    const cleo = await memberWith(TWO_DAYS);
    const refusedBooking = (daysAhead: number, wish = {}) => {
      const { wanted, classId } = classIn(daysAhead);
      world.simulator.failNext('/api/book', UNKNOWN_WORDS, 1, { classId });
      return cleo.phone.post('/v1/bookings', { ...wanted, ...wish });
    };

    // Each reads the timetable for some seconds, so they do it at the same time.
    const [ordered, told, refused] = await Promise.all([
      refusedBooking(9),
      refusedBooking(5),
      refusedBooking(9, { whenTooEarly: 'refuse' }),
    ]);

    expect([ordered.status, ordered.body['status']]).toEqual([202, 'prebooked']);
    expectProblem(told, 502, 'upstream-rejected');
    expect(told.body['detail']).toContain('If bookings are not open yet, set `opensAt` or `opening` yourself.');
    expectProblem(refused, 502, 'upstream-rejected');
  });

  test('a refusal that waiting cannot change is reported, whatever the other members’ rules', async () => {
    await othersAreKnown();
    const cleo = await memberWith(TWO_DAYS);
    const { wanted, classId } = classIn(9);
    world.simulator.failNext('/api/book', { kind: 'answer', body: '{"bookState":-1}' }, 1, { classId });

    expectProblem(await cleo.phone.post('/v1/prebookings', wanted), 409, 'class-full');
  });
});

test('an order without waitlist leaves the waitlist again if its booking request finds the class full', async () => {
  world.simulator.set({ waitState: 0 });
  const [first, second] = [await memberWith(A_WEEK), await memberWith(A_WEEK)];
  const { wanted, classId } = classIn(5, { capacity: 1, waitlist: 5 });
  expect((await first.phone.post('/v1/bookings', wanted)).status).toBe(201);

  const refused = await second.phone.post('/v1/prebookings', { ...wanted, whenFull: 'skip' });

  expectProblem(refused, 409, 'class-full');
  expect(world.reservationsIn(classId, second.email)).toBe(0);
});
