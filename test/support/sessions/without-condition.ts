import { DeleteCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Documents } from '../../../lib/platform/dynamodb.ts';
import { interceptedBy } from './intercepted.ts';

/** Clauses that replace a removed one: always true, or, for one of several alternatives, never true. */
const ALWAYS = '(attribute_exists(email) OR attribute_not_exists(email))';
export const NEVER = 'attribute_exists(noSuchAttribute)';

/** The removed clause, by default the whole condition, and its replacement `instead`. */
export type Clause = { readonly clause?: RegExp; readonly instead?: string };

/**
 * Wraps an engine so that requests lose their condition, or one clause of it.
 *
 * @param request matches the request and its condition: "<update expression, PUT or DELETE> IF <condition>".
 */
export const without = (
  engine: Documents,
  request: RegExp,
  { clause = /^[\s\S]*$/, instead = ALWAYS }: Clause = {},
): Documents =>
  interceptedBy(engine, (command, pass) => {
    const Command = KINDS.find((kind) => command instanceof kind);
    if (!isConditional(command) || !Command || !request.test(conditionOf(command))) return pass();
    const { ExpressionAttributeValues, ExpressionAttributeNames, ConditionExpression = '', ...input } = command.input;
    const condition = ConditionExpression.replace(clause, instead);
    const text = `${'UpdateExpression' in input ? input.UpdateExpression : ''} ${condition}`;
    const used = (placeholders: object | undefined) =>
      Object.fromEntries(
        Object.entries(placeholders ?? {}).filter(([name]) => new RegExp(`${name}(?![A-Za-z])`).test(text)),
      );
    const [values, names] = [used(ExpressionAttributeValues), used(ExpressionAttributeNames)];
    const bare = {
      ...input,
      ConditionExpression: condition,
      ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
      ...(Object.keys(names).length > 0 && { ExpressionAttributeNames: names }),
    };
    return pass(new Command(bare as never));
  });

const KINDS = [UpdateCommand, DeleteCommand, PutCommand] as const;
type Conditional = UpdateCommand | DeleteCommand | PutCommand;
const isConditional = (command: unknown): command is Conditional => KINDS.some((kind) => command instanceof kind);

/** Describes a request and its condition. */
function conditionOf({ input }: Conditional): string {
  const request = 'UpdateExpression' in input ? input.UpdateExpression : 'Item' in input ? 'PUT' : 'DELETE';
  return `${request} IF ${input.ConditionExpression ?? ''}`;
}
