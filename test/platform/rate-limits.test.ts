import { afterAll, beforeAll, expect, test } from 'vitest';
import { RateLimits } from '../../lib/platform/rate-limits.ts';
import { startDynamo } from '../support/platform/dynamo.ts';
import { steppedClock } from '../support/sessions/session-world.ts';

let database: Awaited<ReturnType<typeof startDynamo>>;
beforeAll(async () => {
  database = await startDynamo();
});
afterAll(() => database.stop());

const ALLOWANCE = { atOnce: 5, everyMs: 1_000 };
let members = 0;

/** A member's allowance, as two processes see it. */
function limited() {
  members += 1;
  const email = `limited-${members}@example.com`;
  const clock = steppedClock();
  const processOf = () => {
    const limits = new RateLimits({ documents: database.documents, table: 'limits', clock });
    return (actions = 1) => limits.take({ limit: 'orders', email, allowance: ALLOWANCE, actions });
  };
  return { clock, one: processOf(), other: processOf() };
}

const times = <T>(count: number, work: () => Promise<T>) => Promise.all(Array.from({ length: count }, work));

test('so many actions are free at once, whichever process counts them; then the wait for the next is told', async () => {
  const { clock, one, other } = limited();
  for (const take of [one, other, one, other, one]) expect(await take()).toBe(0);

  expect(await one()).toBe(1_000);
  clock.advance(999);
  expect(await other()).toBe(1);
  clock.advance(1);
  expect(await other()).toBe(0);
  expect(await one()).toBe(1_000);
});

test('after a while all of the allowance is free again, and not more', async () => {
  const { clock, one } = limited();
  await times(5, one);
  clock.advance(60_000);

  expect((await times(20, one)).filter((wait) => wait === 0)).toHaveLength(5);
});

test('of a hundred simultaneous actions as many pass as are free', async () => {
  const { one } = limited();

  expect((await times(100, one)).filter((wait) => wait === 0)).toHaveLength(5);
});

test('several actions are taken together, or none of them', async () => {
  const { clock, one } = limited();

  expect(await one(3)).toBe(0);
  expect(await one(3)).toBe(1_000);
  expect(await one(2)).toBe(0);
  clock.advance(2_500);
  expect(await one(3)).toBe(500);
});

test('members have allowances of their own', async () => {
  const { one } = limited();
  await times(5, one);

  expect(await limited().one()).toBe(0);
});
