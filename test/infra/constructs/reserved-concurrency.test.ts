import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { functionsByName } from '../../../infra/catalog/functions.ts';
import { reserveConcurrency } from '../../../infra/constructs/reserved-concurrency.ts';
import { OnTheDot } from '../../../infra/stack.ts';
import { type Synthesized, synthesized } from '../../support/infra/synthesized.ts';

/** Reads what each function reserves from the template. */
const reservedIn = ({ functions }: Synthesized): Readonly<Record<string, number>> =>
  Object.fromEntries(
    [...functions].flatMap(([name, { resource }]) => {
      const reserved = resource.Properties['ReservedConcurrentExecutions'];
      return reserved === undefined ? [] : [[name, Number(reserved)]];
    }),
  );

function annotationsOf({ app }: Synthesized): Annotations {
  const stack = app.node.children.find((child) => child instanceof OnTheDot);
  if (!(stack instanceof OnTheDot)) throw new Error('no stack');
  return Annotations.fromStack(stack);
}

const warningsOf = (of: Synthesized): readonly unknown[] =>
  annotationsOf(of)
    .findWarning('*', Match.stringLikeRegexp('Nothing is reserved'))
    .map(({ entry }) => entry.data);

describe('room that no request can take', () => {
  test('is reserved by default for the firing and for what starts it', () => {
    expect(reservedIn(synthesized())).toEqual({
      'fire-prebooking': 495,
      'prepare-prebooking': 150,
      'dispatch-firings': 97,
      sweep: 7,
    });
    expect(warningsOf(synthesized())).toEqual([]);
  });

  test('no route can take it: no function with a route has a part in it', () => {
    const names = Object.keys(reservedIn(synthesized()));

    expect(names.filter((name) => functionsByName.get(name)?.routes !== undefined)).toEqual([]);
  });

  test('grows with the account, and leaves what Lambda asks for, and a quarter, to everything else', () => {
    for (const account of [200, 267, 500, 1_000, 3_000, 100_000]) {
      const reserved = [...reserveConcurrency(account).values()];
      const unreserved = account - reserved.reduce((total, one) => total + one, 0);

      expect(reserved).toHaveLength(4);
      expect(Math.min(...reserved)).toBeGreaterThanOrEqual(1);
      expect(unreserved).toBeGreaterThanOrEqual(Math.max(100, account / 4));
    }
    for (const account of [1, 10, 100, 150, 199]) expect(reserveConcurrency(account).size).toBe(0);
  });

  test('cannot be reserved in a new account: the template deploys all the same, and the synthesis warns', () => {
    const small = synthesized({ accountConcurrency: '10' });

    expect(reservedIn(small)).toEqual({});
    expect(warningsOf(small)).toEqual([expect.stringContaining('may run 10 functions')]);
  });

  test('is more than a new account has: the synthesis says so', () => {
    const said = (of: Synthesized) => annotationsOf(of).findInfo('*', Match.stringLikeRegexp('Lambda refuses'));

    expect(said(synthesized()).map(({ entry }) => entry.data)).toEqual([
      expect.stringMatching(/^749 of 1000 concurrent executions are reserved.*get-account-settings/),
    ]);
    expect(said(synthesized({ accountConcurrency: '10' }))).toEqual([]);
  });

  test('can be set for the firing alone, as far as Lambda allows', () => {
    const reserved = reservedIn(synthesized({ fireReservedConcurrency: '500' }));

    expect(reserved).toEqual({ ...reservedIn(synthesized()), 'fire-prebooking': 500 });
    expect([...reserveConcurrency(110, 10)]).toEqual([['fire-prebooking', 10]]);
    expect(() => reserveConcurrency(10, 5)).toThrow('fireReservedConcurrency');
    expect(() => reserveConcurrency(1_000, 700)).toThrow('fireReservedConcurrency');
  });
});
