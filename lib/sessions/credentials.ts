import { DeleteCommand, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { type Clock, HOUR } from '../platform/clock.ts';
import { type Documents, held, isoOf } from '../platform/dynamodb.ts';
import { seal, unseal } from '../platform/encryption.ts';
import type { KeySource } from '../platform/secrets.ts';

export type Credentials = ReturnType<typeof credentials>;

/** Logins without the member, at most this many an hour: AimHarder locks accounts that log in too often. */
const LOGINS_AN_HOUR = 2;

const CredentialsItem = z.object({ password: z.string() });

/**
 * Passwords of the members who asked for them to be kept, encrypted, in a table of their own (PK `email`). No route
 * reads it: only login writes it, and the functions that log a dead background session in again read it.
 */
export function credentials({
  documents,
  table,
  clock,
  secrets,
}: {
  readonly documents: Documents;
  readonly table: string;
  readonly clock: Clock;
  readonly secrets: KeySource;
}) {
  const contextOf = (email: string) => [email, 'password'];

  async function keep(email: string, password: string): Promise<void> {
    const { keys } = await secrets();
    await documents.send(
      new UpdateCommand({
        TableName: table,
        Key: { email },
        UpdateExpression: 'SET #password = :password, keptAt = :now',
        ExpressionAttributeNames: { '#password': 'password' },
        ExpressionAttributeValues: { ':password': seal(keys, password, contextOf(email)), ':now': isoOf(clock.now()) },
      }),
    );
  }

  async function passwordOf(email: string): Promise<string | undefined> {
    const { Item } = await documents.send(new GetCommand({ TableName: table, Key: { email }, ConsistentRead: true }));
    if (!Item) return undefined;
    const { password } = CredentialsItem.parse(Item);
    const { keys } = await secrets(password);
    return unseal(keys, password, contextOf(email));
  }

  /** Counts a login without the member. @returns false when the hour's are used up, or nothing is kept any more. */
  async function takeLogin(email: string): Promise<boolean> {
    return (await another(email)) || (await first(email)) || (await another(email));
  }

  const another = (email: string): Promise<boolean> =>
    held(
      documents.send(
        new UpdateCommand({
          TableName: table,
          Key: { email },
          UpdateExpression: 'ADD logins :one',
          ConditionExpression: 'attribute_exists(email) AND hourEndsAt > :now AND logins < :limit',
          ExpressionAttributeValues: { ':one': 1, ':limit': LOGINS_AN_HOUR, ':now': isoOf(clock.now()) },
        }),
      ),
    );

  const first = (email: string): Promise<boolean> =>
    held(
      documents.send(
        new UpdateCommand({
          TableName: table,
          Key: { email },
          UpdateExpression: 'SET logins = :one, hourEndsAt = :end',
          ConditionExpression: 'attribute_exists(email) AND (attribute_not_exists(hourEndsAt) OR hourEndsAt <= :now)',
          ExpressionAttributeValues: { ':one': 1, ':end': isoOf(clock.now() + HOUR), ':now': isoOf(clock.now()) },
        }),
      ),
    );

  /** Forgets the password; without one there is nothing to forget. */
  const forget = forgetCredentials({ documents, table });

  return { keep, passwordOf, takeLogin, forget };
}

/** Apart, because whoever may delete need not be able to read. */
export const forgetCredentials =
  ({ documents, table }: { readonly documents: Documents; readonly table: string }) =>
  async (email: string): Promise<void> => {
    await documents.send(new DeleteCommand({ TableName: table, Key: { email } }));
  };
