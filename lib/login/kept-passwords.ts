import { DeleteCommand, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { type Clock, HOUR } from '../platform/clock.ts';
import { type Documents, deleteIf, toIso, updateIf } from '../platform/dynamodb.ts';
import { decrypt, encrypt } from '../platform/encryption.ts';
import type { KeySource } from '../platform/secrets.ts';

export type KeptPasswords = ReturnType<typeof keptPasswords>;

/** A member's password, and the envelope it is kept in: every keeping has its own. */
export type KeptPassword = { readonly email: string; readonly password: string; readonly envelope: string };

const CredentialsItem = z.object({ password: z.string() });

/**
 * Passwords of the members who asked for them to be kept, encrypted, in a table of their own (PK `email`). AimHarder locks
 * accounts that log in too often: logins with them are counted. No route
 * reads it: only login writes it, and the functions that log a dead background session in again read it.
 */
export function keptPasswords({
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
        ExpressionAttributeValues: {
          ':password': encrypt(keys, password, contextOf(email)),
          ':now': toIso(clock.now()),
        },
      }),
    );
  }

  async function find(email: string): Promise<KeptPassword | undefined> {
    const { Item } = await documents.send(new GetCommand({ TableName: table, Key: { email }, ConsistentRead: true }));
    if (!Item) return undefined;
    const { password: envelope } = CredentialsItem.parse(Item);
    const { keys } = await secrets(envelope);
    return { email, envelope, password: decrypt(keys, envelope, contextOf(email)) };
  }

  /**
   * Counts a login without the member: with this one no more than two in any sixty minutes. One that is counted twice,
   * because the answer was lost, only makes the next one later.
   *
   * @returns false when there were two already, or nothing is kept any more.
   */
  const countRelogin = (email: string): Promise<boolean> =>
    updateIf(documents, {
      TableName: table,
      Key: { email },
      UpdateExpression: 'SET loginBefore = if_not_exists(lastLogin, :never), lastLogin = :now',
      ConditionExpression: 'attribute_exists(email) AND (attribute_not_exists(loginBefore) OR loginBefore <= :hourAgo)',
      ExpressionAttributeValues: {
        ':never': toIso(0),
        ':now': toIso(clock.now()),
        ':hourAgo': toIso(clock.now() - HOUR),
      },
    });

  /** Forgets a password, unless another one is kept by now. @returns whether none is kept any more. */
  const forgetIf = ({ email, envelope }: KeptPassword): Promise<boolean> =>
    deleteIf(documents, {
      TableName: table,
      Key: { email },
      ConditionExpression: 'attribute_not_exists(email) OR #password = :envelope',
      ExpressionAttributeNames: { '#password': 'password' },
      ExpressionAttributeValues: { ':envelope': envelope },
    });

  /** Forgets the password; without one there is nothing to forget. */
  const forget = forgetPassword({ documents, table });

  return { keep, find, countRelogin, forget, forgetIf };
}

/** Apart, because whoever may delete need not be able to read. */
export const forgetPassword =
  ({ documents, table }: { readonly documents: Documents; readonly table: string }) =>
  async (email: string): Promise<void> => {
    await documents.send(new DeleteCommand({ TableName: table, Key: { email } }));
  };
