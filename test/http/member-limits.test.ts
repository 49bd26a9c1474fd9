import { expect, test } from 'vitest';
import { MemberLimits } from '../../lib/http/member-limits.ts';
import type { AllowanceUse } from '../../lib/platform/rate-limits.ts';
import { quiet } from '../support/aimharder/upstream.ts';
import { steppedClock } from '../support/sessions/session-world.ts';

/** A process that counts. @param waits what the table answers, one after the other; 0 afterwards. */
function counting(...waits: readonly (number | Error)[]) {
  const clock = steppedClock();
  const taken: AllowanceUse[] = [];
  const errors: unknown[] = [];
  const limits = {
    async take(use: AllowanceUse) {
      taken.push(use);
      const wait = waits[taken.length - 1] ?? 0;
      if (wait instanceof Error) throw wait;
      return wait;
    },
  };
  const logger = { ...quiet, error: (_: unknown, error: unknown) => void errors.push(error) };
  return { clock, taken, errors, member: new MemberLimits({ limits, clock, logger }) };
}

const EMAIL = 'ada@example.com';

test('a page that polls costs no write: nine requests are counted in the process alone, the tenth shares them', async () => {
  const { member, taken } = counting();
  for (let request = 1; request <= 9; request += 1) await member.countRequest(EMAIL);
  expect(taken).toEqual([]);

  await member.countRequest(EMAIL);

  expect(taken).toMatchObject([{ limit: 'requests', email: EMAIL, actions: 10 }]);
});

test('a request that asks AimHarder seven times counts as seven', async () => {
  const { member, taken } = counting();
  for (let request = 1; request <= 2; request += 1) {
    await member.countRequest(EMAIL);
    await member.countRequest(EMAIL, 6);
  }

  expect(taken).toMatchObject([{ limit: 'requests', email: EMAIL, actions: 14 }]);
});

test('what has been asked already is counted also for a member at the limit', async () => {
  const { member, taken } = counting(2_001);
  await member.countRequest(EMAIL, 10);

  await member.addRequests(EMAIL, 30);

  expect(taken).toMatchObject([{ actions: 10 }, { actions: 30 }]);
});

test('a member at the limit is refused at once and told when to come back; others are not', async () => {
  const { member, clock } = counting(2_001);
  for (let request = 1; request <= 10; request += 1) await member.countRequest(EMAIL);

  expect(() => member.countRequest(EMAIL)).toThrow(
    expect.objectContaining({ code: 'too-many-requests', retryAfter: 3 }),
  );
  await member.countRequest('bea@example.com');
  clock.advance(2_001);
  await member.countRequest(EMAIL);
});

test('each order is counted, and refused beyond the limit', async () => {
  const { member, taken } = counting(0, 5_000);

  await member.countOrder(EMAIL);
  await expect(member.countOrder(EMAIL)).rejects.toMatchObject({ code: 'too-many-requests', retryAfter: 5 });

  expect(taken).toMatchObject([{ limit: 'orders', email: EMAIL }, { limit: 'orders' }]);
});

test('a limit that cannot be stored stops nothing, and is logged', async () => {
  const { member, errors } = counting(new Error('away'), new Error('away'));

  await member.countOrder(EMAIL);
  for (let request = 1; request <= 10; request += 1) await member.countRequest(EMAIL);

  expect(errors).toHaveLength(2);
});
