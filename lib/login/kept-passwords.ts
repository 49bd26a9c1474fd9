import { DeleteCommand, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { type Clock, HOUR } from '../platform/clock.ts';
import { type Documents, deleteIf, toIso, updateIf } from '../platform/dynamodb.ts';
import { decrypt, encrypt } from '../platform/encryption.ts';
import type { KeySource } from '../platform/secrets.ts';

/** A member's password, and the envelope that it was decrypted from: each call of `keep` makes a new envelope. */
export type KeptPassword = { readonly email: string; readonly password: string; readonly envelope: string };

type CredentialsTable = { readonly documents: Documents; readonly table: string };

const CredentialsItem = z.object({ password: z.string() });

/**
 * The passwords of members who let this service keep them, encrypted, in a table of their own (PK `email`). Only login
 * writes them; only the functions that log dead background sessions in again read them; no route returns them. Logins with
 * them are counted, because AimHarder locks accounts that log in too often.
 */
export class KeptPasswords {
  readonly #documents: Documents;
  readonly #table: string;
  readonly #clock: Clock;
  readonly #secrets: KeySource;

  constructor({
    documents,
    table,
    clock,
    secrets,
  }: CredentialsTable & { readonly clock: Clock; readonly secrets: KeySource }) {
    this.#documents = documents;
    this.#table = table;
    this.#clock = clock;
    this.#secrets = secrets;
  }

  /** Keeps a password, in place of the one that is kept. The count of logins stays. */
  async keep(email: string, password: string): Promise<void> {
    const { keys } = await this.#secrets();
    await this.#documents.send(
      new UpdateCommand({
        TableName: this.#table,
        Key: { email },
        UpdateExpression: 'SET #password = :password, keptAt = :now',
        ExpressionAttributeNames: { '#password': 'password' },
        ExpressionAttributeValues: {
          ':password': encrypt(keys, password, encryptionContext(email)),
          ':now': toIso(this.#clock.now()),
        },
      }),
    );
  }

  async find(email: string): Promise<KeptPassword | undefined> {
    const { Item } = await this.#documents.send(
      new GetCommand({ TableName: this.#table, Key: { email }, ConsistentRead: true }),
    );
    if (!Item) return undefined;
    const { password: envelope } = CredentialsItem.parse(Item);
    const { keys } = await this.#secrets(envelope);
    return { email, envelope, password: decrypt(keys, envelope, encryptionContext(email)) };
  }

  /**
   * Counts a login with a kept password: at most two are allowed in any sixty minutes.
   *
   * @returns false if there were two already, or no password is kept any more.
   */
  countRelogin(email: string): Promise<boolean> {
    const now = this.#clock.now();
    return updateIf(this.#documents, {
      TableName: this.#table,
      Key: { email },
      UpdateExpression: 'SET loginBefore = if_not_exists(lastLogin, :never), lastLogin = :now',
      ConditionExpression: 'attribute_exists(email) AND (attribute_not_exists(loginBefore) OR loginBefore <= :hourAgo)',
      ExpressionAttributeValues: { ':never': toIso(0), ':now': toIso(now), ':hourAgo': toIso(now - HOUR) },
    });
  }

  /** Forgets the password of a member, if one is kept. */
  forget(email: string): Promise<void> {
    return forgetPassword({ documents: this.#documents, table: this.#table })(email);
  }

  /** Forgets a password, unless the member has given another one since. @returns whether no password is kept any more. */
  forgetIf({ email, envelope }: KeptPassword): Promise<boolean> {
    return deleteIf(this.#documents, {
      TableName: this.#table,
      Key: { email },
      ConditionExpression: 'attribute_not_exists(email) OR #password = :envelope',
      ExpressionAttributeNames: { '#password': 'password' },
      ExpressionAttributeValues: { ':envelope': envelope },
    });
  }
}

/** Forgets passwords, for functions that may delete them and not read them. */
export const forgetPassword =
  ({ documents, table }: CredentialsTable) =>
  async (email: string): Promise<void> => {
    await documents.send(new DeleteCommand({ TableName: table, Key: { email } }));
  };

const encryptionContext = (email: string) => [email, 'password'];
