import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { erase } from '../../../../lib/accounts/erase.ts';
import { DAY } from '../../../../lib/platform/clock.ts';
import type { Documents } from '../../../../lib/platform/dynamodb.ts';
import { Tombstones } from '../../../../lib/sessions/tombstones.ts';
import { TABLE_NAMES } from '../../accounts/account.ts';
import { defined, START, storeKeys } from '../../sessions/session-world.ts';
import { EMAIL, type LostWrite } from './lost-write.ts';

const secrets = async () => ({ keys: storeKeys });

async function raised(documents: Documents) {
  const tombstones = new Tombstones({ documents, table: 'tombstones' });
  await tombstones.raise(EMAIL, secrets, START);
  return tombstones;
}

export const ACCOUNT_WRITES: readonly LostWrite[] = [
  {
    writes: 'lib/sessions/tombstones.ts raise',
    table: 'tombstones',
    prepare: async (documents) => () => raised(documents).then(() => undefined),
  },
  {
    writes: 'lib/sessions/tombstones.ts markDeleted',
    table: 'tombstones',
    prepare: async (documents) => {
      const tombstones = await raised(documents);
      return () => tombstones.markDeleted(EMAIL, START);
    },
  },
  {
    writes: 'lib/sessions/tombstones.ts remove',
    table: 'tombstones',
    prepare: async (documents) => {
      const tombstones = await raised(documents);
      return () => tombstones.remove(EMAIL);
    },
  },
  {
    writes: 'lib/sessions/tombstones.ts removeFinished',
    table: 'tombstones',
    prepare: async (documents) => {
      const tombstones = await raised(documents);
      await tombstones.markDeleted(EMAIL, START);
      const seen = defined(await tombstones.findFinished(EMAIL));
      return () => tombstones.removeFinished(EMAIL, seen);
    },
  },
  {
    writes: 'lib/sessions/tombstones.ts claim',
    table: 'tombstones',
    prepare: async (documents) => {
      const tombstones = await raised(documents);
      const due = defined((await tombstones.findDue(START + DAY).next()).value ?? undefined);
      return () => tombstones.claim(due, secrets, START + DAY);
    },
  },
  {
    writes: 'lib/accounts/erase.ts deleteItem',
    table: 'bookings',
    prepare: async (documents) => {
      for (const booking of ['crossfit-demo#1', 'crossfit-demo#2'])
        await documents.send(new PutCommand({ TableName: 'bookings', Item: { email: EMAIL, booking } }));
      return () => erase({ documents, tables: TABLE_NAMES }, 'bookings', EMAIL);
    },
  },
];
