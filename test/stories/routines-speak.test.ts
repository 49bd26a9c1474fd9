import { afterAll, beforeAll, expect, test } from 'vitest';
import { dayIn, inSixDays, plan, subscriber, weekly } from '../support/routines/weekly.ts';
import type { Json } from '../support/stories/api-client.ts';
import { startWorld, type World } from '../support/stories/world.ts';

/* What a member hears of a routine: at once in the answer, and once in a message. */

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

/** A subscriber who gets mail in English. */
async function reader() {
  const someone = await subscriber(world);
  await someone.phone.put('/v1/notifications', { email: true, language: 'en' });
  return {
    ...someone,
    /** The subjects of the member's mails, once no function runs any more. */
    async mails() {
      await world.skipTo(new Date(world.clock.now()).toISOString(), 0);
      return world.stack.inbox.mails.filter(({ to }) => to === someone.member.email);
    },
  };
}

const problemOf = (routine: Json): Json | null => routine['problem'] as Json | null;

test('a misspelt class is told at once with suggestions, once by mail, and cleared when the name is mended', async () => {
  const { phone, make, routine, mails } = await reader();

  const made = await make({ ...inSixDays(world, 'WODD') });

  expect(problemOf(made)).toMatchObject({
    ...{ code: 'class-not-found', day: dayIn(world, 6) },
    suggestions: expect.arrayContaining(['WOD']),
  });
  expect(problemOf(await routine(made['id']))).toMatchObject({ code: 'class-not-found' });
  await plan(world);
  const [told, ...none] = await mails();
  expect(none).toEqual([]);
  expect(told?.subject).toMatch(/^Your routine cannot book: WODD/);
  expect(told?.text).toContain('WOD');
  await plan(world);
  expect(await mails()).toHaveLength(1);

  const mended = await phone.patch(`/v1/routines/${made['id']}`, { className: 'WOD' });

  expect(problemOf(mended.body['routine'] as Json)).toBeNull();
  await plan(world);
  expect((await mails()).map(({ subject }) => subject.slice(0, 26))).toEqual([
    'Your routine cannot book: ',
    'Your routine books again: ',
  ]);
});

test('a cancelled class is told at once and by mail', async () => {
  const { make, mails } = await reader();
  const { terms, day } = weekly(world, { cancelled: true });

  const made = await make(terms);
  await plan(world);
  await plan(world);

  expect(problemOf(made)).toMatchObject({ code: 'class-cancelled', day, suggestions: [] });
  expect((await mails()).map(({ text }) => text)).toEqual([expect.stringContaining('has cancelled it')]);
  expect(world.stack.events.map(({ detailType }) => detailType)).toContain('Routine Blocked');
});

test('a change that makes a routine impossible says so in its answer', async () => {
  const { phone, make } = await reader();
  const { id } = await make(inSixDays(world));

  const changed = await phone.patch(`/v1/routines/${id}`, { startsAt: '03:15' });

  expect(changed.status).toBe(200);
  expect(problemOf(changed.body['routine'] as Json)).toMatchObject({ code: 'class-not-found', suggestions: [] });
});

test('all of 20 routines have their order, beside 15 orders by hand, and nobody is told of a problem', async () => {
  const { phone, make, orders, mails } = await reader();
  for (let number = 1; number <= 15; number += 1) {
    const byHand = await world.addClass({ opensInMs: 3_600_000, name: `BY HAND ${number}` });
    expect((await phone.post('/v1/prebookings', byHand)).status).toBe(201);
  }
  const made = [];
  for (let number = 1; number <= 20; number += 1) made.push(await make(weekly(world).terms));

  await plan(world);

  const pending = await orders('?status=pending&limit=100');
  const ordered = new Set(pending.map(({ routineId }) => routineId));
  expect(made.filter(({ id }) => !ordered.has(id))).toEqual([]);
  expect(pending).toHaveLength(35);
  const sixteenth = await phone.post('/v1/prebookings', await world.addClass({ opensInMs: 3_600_000 }));
  expect([sixteenth.status, sixteenth.body['code']]).toEqual([409, 'prebooking-limit']);
  expect(await mails()).toEqual([]);
});
