import { describe, expect, test } from 'vitest';
import { startFiring } from '../support/firing/firing.ts';

/** The member whose pre-bookings are fired, at the simulator's box. */
const ADA = { email: 'ada@example.com', box: 'crossfit-demo', familyId: null };

describe('the opening rule that the member was told', () => {
  /** Fires a class that starts in three days or a little more, and that opens now. */
  test.for([
    ['is forgotten when AimHarder takes the booking earlier', { daysBefore: 1 }, {}, 'booked', null],
    ['stays when AimHarder takes the booking after the opening that it gives', { daysBefore: 4 }, {}, 'booked', 'kept'],
    ['is forgotten when the class is full at its opening', { daysBefore: 4 }, { capacity: 0 }, 'class-full', null],
    [
      'is forgotten when only the waitlist is left',
      { daysBefore: 4 },
      { capacity: 0, waitlist: 3 },
      'waitlisted',
      null,
    ],
  ] as const)('%s', async ([_name, rule, wanted, outcome, after], { onTestFinished }) => {
    const { fire, learnedRules, stop } = await startFiring();
    onTestFinished(stop);
    await learnedRules.learn(ADA, rule);

    const { result } = await fire(-500, { wanted });

    expect(result.outcome).toBe(outcome);
    expect(await learnedRules.find(ADA)).toEqual(after && rule);
    expect(await learnedRules.findLongest(ADA.box)).toEqual(rule);
  });

  test('that cannot be reviewed changes nothing of the outcome', async ({ onTestFinished }) => {
    const { fire, learnedRules, stop } = await startFiring();
    onTestFinished(stop);
    learnedRules.find = () => Promise.reject(new Error('the database is away'));

    expect(await fire(-500)).toMatchObject({ status: 'booked', reservations: 1 });
  });
});
