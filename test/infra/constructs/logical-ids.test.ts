import { expect, test } from 'vitest';
import { selectFunctions } from '../../../infra/catalog/functions.ts';
import { identityOf, KEPT, WAKE_UP_ROLE_ID } from '../../support/infra/logical-ids.ts';
import { synthesized, withoutHash } from '../../support/infra/synthesized.ts';

const stack = synthesized({ encryption: 'customer-managed', alarmEmail: 'ops@example.com' });
const idsOf = (type: string) => stack.ofType(type).map(({ id }) => id);

test.each(Object.keys(KEPT))('a deployment replaces no %s: logical ids, names and keys stay', (type) => {
  const found = stack.ofType(type).map(({ id, Properties }) => [id, identityOf(type, Properties)] as const);

  expect(Object.fromEntries(found)).toEqual(KEPT[type]);
});

test('a deployment keeps the ids of the default options', () => {
  const plain = synthesized().resources.filter(({ Type }) => Type in KEPT);

  expect(plain.length).toBeGreaterThan(20);
  expect(plain.filter(({ id, Type }) => !Object.hasOwn(KEPT[Type] ?? {}, id)).map(({ id }) => id)).toEqual([]);
});

test('the attributes of all keys are texts, as they were', () => {
  for (const { Properties } of stack.ofType('AWS::DynamoDB::Table')) {
    const types = new Map(
      Object(Properties['AttributeDefinitions']).map((one: Record<string, string>) => [
        one['AttributeName'],
        one['AttributeType'],
      ]),
    );
    for (const name of identityOf('', { KeySchema: Properties['KeySchema'] }).split(', '))
      expect(types.get(name)).toBe('S');
  }
});

test('a deployment keeps the role that waiting wake-ups name', () => {
  expect(idsOf('AWS::IAM::Role')).toContain(WAKE_UP_ROLE_ID);
});

// CDK makes an id of the path in the tree of constructs and its hash, so a function of the list needs no entry of its own.
test('a deployment replaces no function and no log group: their ids and names follow from the functions’ names', () => {
  const functions = [...selectFunctions({}).keys()].toSorted();
  const names = functions.map((name) => name.replaceAll('-', '')).toSorted();

  expect(idsOf('AWS::Lambda::Function').map(withoutHash).toSorted()).toEqual(names.map((name) => `Functions${name}`));
  expect(
    stack
      .ofType('AWS::Lambda::Function')
      .map(({ Properties }) => Properties['FunctionName'])
      .toSorted(),
  ).toEqual(functions.map((name) => `on-the-dot-prod-${name}`));
  expect(idsOf('AWS::Logs::LogGroup').map(withoutHash).toSorted()).toEqual(
    ['HttpAccessLog', ...names.map((name) => `Functions${name}log`)].toSorted(),
  );
});
