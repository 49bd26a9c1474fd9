import { expect, test } from 'vitest';
import { functionsWith } from '../../../infra/catalog/functions.ts';
import { KEPT_IDS, WAKE_UP_ROLE_ID } from '../../support/infra/logical-ids.ts';
import { synthesized, withoutHash } from '../../support/infra/synthesized.ts';

const stack = synthesized({ encryption: 'customer-managed', alarmEmail: 'ops@example.com' });
const idsOf = (type: string) => stack.ofType(type).map(({ id }) => id);

test.each(Object.keys(KEPT_IDS))('a deployment replaces no %s: logical ids stay', (type) => {
  expect(idsOf(type).toSorted()).toEqual(KEPT_IDS[type]);
});

test('a deployment keeps the ids of the default options', () => {
  const expected = Object.values(KEPT_IDS).flat();
  const plain = synthesized().resources.filter(({ Type }) => Type in KEPT_IDS);

  expect(plain.map(({ id }) => id).filter((id) => !expected.includes(id))).toEqual([]);
});

test('a deployment keeps the role that waiting wake-ups name', () => {
  expect(idsOf('AWS::IAM::Role')).toContain(WAKE_UP_ROLE_ID);
});

// CDK makes an id of the path in the tree of constructs and its hash, so a function of the list needs no entry of its own.
test('a deployment replaces no function and no log group: their ids follow from the functions’ names', () => {
  const names = [...functionsWith({}).keys()].map((name) => name.replaceAll('-', '')).toSorted();

  expect(idsOf('AWS::Lambda::Function').map(withoutHash).toSorted()).toEqual(names.map((name) => `Functions${name}`));
  expect(idsOf('AWS::Logs::LogGroup').map(withoutHash).toSorted()).toEqual(
    ['HttpAccessLog', ...names.map((name) => `Functions${name}log`)].toSorted(),
  );
});
