import { DeleteCommand, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { type Clock, DAY, HOUR } from '../platform/clock.ts';
import { type Documents, deleteIf, toIso, updateIf } from '../platform/dynamodb.ts';
import { decrypt, encrypt } from '../platform/encryption.ts';
import type { KeySource } from '../platform/secrets.ts';

/** A member's kept password, decrypted. */
export type KeptPassword = {
  readonly email: string;
  readonly password: string;
  /** The encrypted text. Each write of a password makes another envelope, so the envelope shows whether the password was replaced. */
  readonly envelope: string;
  /** How often AimHarder has refused the password without calling it wrong. */
  readonly refusals: number;
};

type KeptPasswordTable = { readonly documents: Documents; readonly table: string };

const KeptPasswordItem = z.object({ password: z.string(), refusals: z._default(z.number(), 0) });

/**
 * Stores the kept passwords, encrypted, in a table of their own (PK `email`). Only the login stores passwords; only the Lambda
 * functions that relogin read them; no route returns them. Relogins are counted, because AimHarder locks accounts that log
 * in too often.
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
  }: KeptPasswordTable & { readonly clock: Clock; readonly secrets: KeySource }) {
    this.#documents = documents;
    this.#table = table;
    this.#clock = clock;
    this.#secrets = secrets;
  }

  /** Keeps a password, in place of an earlier one and its refusals. The count of relogins stays. */
  async keep(email: string, password: string): Promise<void> {
    await this.#documents.send(new UpdateCommand(await this.#replacement(email, password)));
  }

  /** Keeps a password as `keep` does, but only if a password is kept already: one that was forgotten stays forgotten. */
  async replaceIfKept(email: string, password: string): Promise<void> {
    const replacement = await this.#replacement(email, password);
    const update = { ...replacement, ConditionExpression: 'attribute_exists(#password)' };
    await updateIf(this.#documents, update, 'repeatable');
  }

  /** Finds and decrypts a member's password. @returns undefined if none is kept. */
  async find(email: string): Promise<KeptPassword | undefined> {
    const { Item } = await this.#documents.send(
      new GetCommand({ TableName: this.#table, Key: { email }, ConsistentRead: true }),
    );
    if (!Item) return undefined;
    const { password: envelope, refusals } = KeptPasswordItem.parse(Item);
    const { keys } = await this.#secrets(envelope);
    return { email, envelope, refusals, password: decrypt(keys, envelope, encryptionContext(email)) };
  }

  /**
   * Counts a relogin if it is allowed now: at most two in any sixty minutes. The item holds the times of the last two relogins,
   * `loginBefore` and then `lastLogin`.
   *
   * @returns false if both relogins were used, if a refusal has postponed the next one, or if no password is kept any more.
   */
  countRelogin(email: string): Promise<boolean> {
    const now = this.#clock.now();
    return updateIf(this.#documents, {
      TableName: this.#table,
      Key: { email },
      UpdateExpression: 'SET loginBefore = if_not_exists(lastLogin, :never), lastLogin = :now',
      ConditionExpression: `attribute_exists(email) AND NOT reloginFrom > :now
        AND (attribute_not_exists(loginBefore) OR loginBefore <= :hourAgo)`,
      ExpressionAttributeValues: { ':never': toIso(0), ':now': toIso(now), ':hourAgo': toIso(now - HOUR) },
    });
  }

  /**
   * Postpones the next relogin after a refusal that does not prove the password wrong: by an hour, then twice as long after each
   * refusal, up to a day. Otherwise relogins with a password that is wrong after all would keep the account locked.
   */
  async postponeRelogin({ email, envelope, refusals }: KeptPassword): Promise<void> {
    const wait = Math.min(HOUR * 2 ** refusals, DAY);
    await updateIf(this.#documents, {
      TableName: this.#table,
      Key: { email },
      UpdateExpression: 'SET refusals = :refusals, reloginFrom = :from',
      ConditionExpression: '#password = :envelope',
      ExpressionAttributeNames: { '#password': 'password' },
      ExpressionAttributeValues: {
        ':refusals': refusals + 1,
        ':from': toIso(this.#clock.now() + wait),
        ':envelope': envelope,
      },
    });
  }

  /** Deletes the password of a member, if one is kept. */
  forget(email: string): Promise<void> {
    return forgetPassword({ documents: this.#documents, table: this.#table }, email);
  }

  /** Deletes a password unless the member has replaced it since. @returns false if the member has replaced it. */
  forgetUnlessReplaced({ email, envelope }: KeptPassword): Promise<boolean> {
    return deleteIf(this.#documents, {
      TableName: this.#table,
      Key: { email },
      ConditionExpression: 'attribute_not_exists(email) OR #password = :envelope',
      ExpressionAttributeNames: { '#password': 'password' },
      ExpressionAttributeValues: { ':envelope': envelope },
    });
  }

  /** Builds the update that stores a password, and removes the refusals of an earlier one. */
  async #replacement(email: string, password: string) {
    const { keys } = await this.#secrets();
    return {
      TableName: this.#table,
      Key: { email },
      UpdateExpression: 'SET #password = :password, keptAt = :now REMOVE refusals, reloginFrom',
      ExpressionAttributeNames: { '#password': 'password' },
      ExpressionAttributeValues: {
        ':password': encrypt(keys, password, encryptionContext(email)),
        ':now': toIso(this.#clock.now()),
      },
    };
  }
}

/** Deletes a kept password, for Lambda functions that may not read one. */
export async function forgetPassword({ documents, table }: KeptPasswordTable, email: string): Promise<void> {
  await documents.send(new DeleteCommand({ TableName: table, Key: { email } }));
}

/** Checks whether a member's password is kept, without reading it. */
export async function isPasswordKept({ documents, table }: KeptPasswordTable, email: string): Promise<boolean> {
  const { Item } = await documents.send(
    new GetCommand({ TableName: table, Key: { email }, ProjectionExpression: 'keptAt', ConsistentRead: true }),
  );
  return Item !== undefined;
}

const encryptionContext = (email: string) => [email, 'password'];
