import { expect, test } from 'vitest';
import { TABLES, type TableDefinition } from '../../infra/catalog/tables.ts';
import { ACCOUNT_TABLES } from '../../lib/accounts/account-tables.ts';

test('a deletion goes through every table that is kept by e-mail', () => {
  const byEmail = Object.entries<TableDefinition>(TABLES).filter(([, { partitionKey }]) => partitionKey === 'email');

  expect(ACCOUNT_TABLES).toEqual(
    Object.fromEntries(
      byEmail.map(([name, { variable, sortKey }]) => [name, { variable, ...(sortKey && { sortKey }) }]),
    ),
  );
});

test('no other table is kept by anything that names a member', () => {
  const others = Object.keys(TABLES).filter((name) => !Object.hasOwn(ACCOUNT_TABLES, name));

  // Boxes are the gyms; limits, login attempts and tombstones are kept by hashes.
  expect(others.toSorted()).toEqual(['boxes', 'limits', 'loginAttempts', 'tombstones']);
});
