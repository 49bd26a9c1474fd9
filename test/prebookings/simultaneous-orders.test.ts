import { DeleteCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, test } from 'vitest';
import { HOUR } from '../../lib/platform/clock.ts';
import { createPrebooking } from '../../lib/prebookings/create-prebooking.ts';
import type { Prebooking } from '../../lib/prebookings/prebooking.ts';
import { encodePrebooking } from '../../lib/prebookings/prebooking-record.ts';
import { listing, MEMBER, membersAtBox, row, SOUGHT } from '../support/bookings/at-box.ts';
import { orderingMember } from '../support/prebookings/ordering-member.ts';

/*
 * Two requests order the same class. The first one has written the order, and waits for EventBridge Scheduler to set the wake-up.
 * Then the second one finds the order.
 */

const atBox = membersAtBox();
const unhurried = new AbortController().signal;
const REQUEST = { box: SOUGHT.box, day: SOUGHT.day, classId: SOUGHT.classId };

type Arming = (refuseFirst: () => Promise<unknown>) => Promise<boolean>;

const accepted: Arming = async () => true;
const refused: Arming = () => Promise.reject(new Error('the scheduler refuses'));
const acceptedTooLate: Arming = async (refuseFirst) => {
  await refuseFirst();
  return true;
};

/** Orders a class twice. The scheduler refuses the first wake-up, and answers the second one as given. */
async function orderTwice(armSecond: Arming) {
  const { caller, deps, stored } = orderingMember(await atBox({ bookings: listing(row()), whoami: MEMBER }));
  const reached = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<boolean>();
  const disarmed: string[] = [];
  let wakeUps = 0;
  const refuseFirst = async () => {
    answer.reject(new Error('the scheduler does not answer'));
    await first;
  };
  const scheduler = {
    ...deps.wakeUps,
    arm() {
      wakeUps += 1;
      reached.resolve();
      return wakeUps === 1 ? answer.promise : armSecond(refuseFirst);
    },
    disarm: async ({ id }: { readonly id: string }) => void disarmed.push(id),
  };
  const opensAt = deps.clock.now() + HOUR;
  const order = () =>
    createPrebooking({ ...deps, wakeUps: scheduler }, caller, REQUEST, { opensAt }, unhurried).then(
      ({ isNew }) => (isNew ? 'ordered' : 'existing'),
      ({ code }) => code,
    );
  const first = order();
  await reached.promise;
  const second = await order();
  await refuseFirst();
  const { orders } = await stored();
  return { first: await first, second, orders, disarmed };
}

test('the order stays if the second request has set its wake-up', async () => {
  expect(await orderTwice(accepted)).toMatchObject({
    ...{ first: 'ordered', second: 'existing', disarmed: [] },
    orders: [{ status: 'pending', armed: true }],
  });
});

test('if neither can set the wake-up, neither is told that the class is ordered', async () => {
  expect(await orderTwice(refused)).toMatchObject({ first: 'internal', second: 'internal', orders: [] });
});

test('an order that is undone while the second request sets its wake-up is gone, and so is that wake-up', async () => {
  const { first, second, orders, disarmed } = await orderTwice(acceptedTooLate);

  expect({ first, second, orders }).toEqual({ first: 'internal', second: 'prebooking-finished', orders: [] });
  expect(disarmed).toHaveLength(2);
});

describe('an order whose wake-up cannot be set', () => {
  /** Orders a class. While the scheduler refuses the wake-up, another process stores the order anew, or deletes it. */
  async function orderWhile(change: (order: Prebooking) => Prebooking | undefined) {
    const { documents, ...atDemoBox } = await atBox({ bookings: listing(row()), whoami: MEMBER });
    const { caller, deps, stored } = orderingMember({ ...atDemoBox, documents });
    const table = { TableName: 'prebookings' };
    const scheduler = {
      ...deps.wakeUps,
      async arm(order: Prebooking): Promise<boolean> {
        const { email, id } = order;
        const changed = change(order);
        await (changed
          ? documents.send(new PutCommand({ ...table, Item: encodePrebooking(changed) }))
          : documents.send(new DeleteCommand({ ...table, Key: { email, id } })));
        throw new Error('the scheduler does not answer');
      },
    };
    const opensAt = deps.clock.now() + HOUR;
    const unarmed = { ...deps, wakeUps: scheduler };
    const answer = await createPrebooking(unarmed, caller, REQUEST, { opensAt }, unhurried).then(
      ({ isNew }) => (isNew ? 'ordered' : 'existing'),
      ({ code }) => code,
    );
    return { answer, statuses: (await stored()).orders.map(({ status }) => status) };
  }
  const lease = { id: 'firing', expiresAt: Date.UTC(2026, 2, 26) };
  const cancel = (order: Prebooking): Prebooking => {
    return { ...order, status: 'cancelled', cancelledBy: 'member', endedAt: order.createdAt };
  };
  const replace = (order: Prebooking): Prebooking => {
    return { ...order, generation: order.generation + 1, status: 'pending', armed: true, lease: null };
  };
  const fire = (order: Prebooking): Prebooking => ({ ...order, status: 'firing', lease, shots: 1 });
  const book = (order: Prebooking): Prebooking => {
    const unknown = { code: null, message: null, latenessMs: null, latenessBoundMs: null, aimedBy: null };
    const result = { ...unknown, outcome: 'booked', bookingId: '90001', firedAt: order.opensAt, shots: 1 } as const;
    return { ...order, status: 'booked', result, endedAt: order.opensAt };
  };

  test.each([
    ['cancelled', cancel, ['cancelled']],
    ['replaced', replace, ['pending']],
    ['deleted', () => undefined, []],
  ] as const)('is answered with prebooking-finished if it is %s meanwhile', async (_name, change, statuses) => {
    expect(await orderWhile(change)).toEqual({ answer: 'prebooking-finished', statuses });
  });

  test.each([
    ['fired', fire, ['firing']],
    ['fired and booked', book, ['booked']],
  ] as const)('is ordered if it is %s meanwhile', async (_name, change, statuses) => {
    expect(await orderWhile(change)).toEqual({ answer: 'ordered', statuses });
  });
});
