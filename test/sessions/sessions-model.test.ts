import { DeleteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Documents } from '../../lib/platform/dynamodb.ts';
import { startDynamo } from '../support/dynamo.ts';
import { history, interceptedBy, play } from './sessions-model.ts';

let database: Awaited<ReturnType<typeof startDynamo>>;
beforeAll(async () => {
  database = await startDynamo();
});
afterAll(() => database.stop());

const property = (documents: () => Documents) => fc.asyncProperty(history, (steps) => play(documents(), steps));

test('sessions keep their promises in whatever order things happen', async () => {
  await fc.assert(
    property(() => database.documents),
    { numRuns: 60 },
  );
}, 180_000);

/** The same engine, with one condition taken out of the requests. */
const without = (condition: RegExp): Documents =>
  interceptedBy(database.documents, (command, pass) => {
    const conditional = command instanceof UpdateCommand || command instanceof DeleteCommand;
    if (!conditional || !condition.test(conditionOf(command))) return pass();
    const {
      ConditionExpression: _,
      ExpressionAttributeValues: values = {},
      ExpressionAttributeNames: names = {},
      ...input
    } = command.input;
    const used = (placeholders: object) =>
      Object.entries(placeholders).filter(
        ([name]) => 'UpdateExpression' in input && new RegExp(`${name}\\b`).test(input.UpdateExpression ?? ''),
      );
    const bare = {
      ...input,
      ...(used(values).length > 0 && { ExpressionAttributeValues: Object.fromEntries(used(values)) }),
      ...(used(names).length > 0 && { ExpressionAttributeNames: Object.fromEntries(used(names)) }),
    };
    return pass(command instanceof UpdateCommand ? new UpdateCommand(bare) : new DeleteCommand(bare));
  });

/** Which request it is, and under which condition. */
const conditionOf = (command: UpdateCommand | DeleteCommand): string =>
  `${command instanceof UpdateCommand ? command.input.UpdateExpression : 'DELETE'} IF ${command.input.ConditionExpression ?? ''}`;

test('they keep them too when no condition is taken out of the requests', async () => {
  await fc.assert(
    property(() => without(/no such condition/)),
    { numRuns: 20 },
  );
}, 180_000);

test.each([
  ['a token write need not say which token it saw', /SET #token.* IF tokenVersion = :seen/s],
  ['nobody needs the turn to ask for a token', /SET refreshingUntil = :until IF tokenVersion/],
  ['the wheel takes every turn', /SET refreshingUntil = :until IF #state/],
  ['a hold is noted on a session that is gone', /SET holdUntil = :until IF attribute_exists/],
  ['whoever looked expired is cleaned up', /DELETE IF #state = :ended OR/],
  ['a background session needs no confirmation', /DELETE IF attribute_not_exists\(email\) OR protected/],
  ['a session is ended whatever its token', /SET #state = :ended.* IF tokenVersion/s],
  ['a failure is noted on a session that is gone', /SET lastTokenUpdateError = .* IF tokenVersion/s],
  ['a background session is marked dead whatever its token', /SET #state = :required.* IF tokenVersion/s],
])(
  'they would not, if %s',
  async (_name, condition) => {
    const outcome = await fc.check(
      property(() => without(condition)),
      { numRuns: 300, endOnFailure: true },
    );

    expect(outcome.failed).toBe(true);
  },
  180_000,
);
