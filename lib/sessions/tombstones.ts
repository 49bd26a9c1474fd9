import { createHash } from 'node:crypto';
import { GetCommand, PutCommand, paginateScan } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { type Instant, MINUTE } from '../platform/clock.ts';
import { type Documents, deleteIf, toIso, updateAndReadIf, updateIf } from '../platform/dynamodb.ts';
import { decrypt, encrypt } from '../platform/encryption.ts';
import { AppError } from '../platform/errors.ts';
import type { KeySource } from '../platform/secrets.ts';
import { decodeReadable, StoredInstant, throwUnreadable } from '../platform/stored-fields.ts';

/** Tells whether the member's account is being deleted, or was deleted minutes ago. */
export type IsDeleted = (email: string) => Promise<boolean>;

/** `deleting`: a deletion runs, or has died. `deleted`: nothing is left, and a second look for late writes is to come. */
type State = 'deleting' | 'deleted';

/** A tombstone as it was read. Each change gives it another `dueAt`. */
export type SeenTombstone = { readonly state: State; readonly dueAt: Instant };

/** A tombstone whose deletion has died, or whose second look is due. */
export type DueTombstone = SeenTombstone & {
  /** The hash of the member's e-mail. */
  readonly member: string;
};

/** How long a deletion may take, in milliseconds. After that time, another process continues the deletion. */
const DELETION_TAKES = 2 * MINUTE;

/**
 * When the second look is due, in milliseconds after the deletion. By then every process has ended that began before the
 * tombstone: the longest, a firing, runs for 5.5 minutes.
 */
const SECOND_LOOK_AFTER = 6 * MINUTE;

const SeenItem = z.object({ state: z.enum(['deleting', 'deleted']), dueAt: StoredInstant });
const DueItem = z.extend(SeenItem, { member: z.string() });
const decodeDue = (item: unknown): DueTombstone => DueItem.parse(item);
const ClaimedItem = z.object({ address: z.string() });

const STATE = { '#state': 'state' };

/**
 * Stores a tombstone for each account that is being deleted (table: PK `member`, the SHA-256 of the e-mail). The tombstone is
 * written before anything is deleted. A process that began earlier looks for the tombstone before it stores anything of the
 * member. Minutes later, a second look deletes the tombstone, and what was written in spite of it. The tombstone holds the
 * e-mail encrypted.
 */
export class Tombstones {
  readonly #documents: Documents;
  readonly #table: string;

  constructor({ documents, table }: { readonly documents: Documents; readonly table: string }) {
    this.#documents = documents;
    this.#table = table;
  }

  /** Checks whether the account has a tombstone, with a consistent read. */
  isRaised: IsDeleted = async (email) => (await this.#find(email)) !== undefined;

  /** Raises the tombstone, before anything is deleted. If there is one already, the deletion gets the whole time limit again. */
  async raise(email: string, secrets: KeySource, now: Instant): Promise<void> {
    const member = hashEmail(email);
    const { keys } = await secrets();
    const encryptedEmail = encrypt(keys, email, encryptionContext(member));
    const Item = { member, state: 'deleting', dueAt: toIso(now + DELETION_TAKES), address: encryptedEmail };
    await this.#documents.send(new PutCommand({ TableName: this.#table, Item }));
  }

  /** Records that nothing of the account is left. @returns false if the tombstone is gone. */
  async markDeleted(email: string, now: Instant): Promise<boolean> {
    const update = {
      TableName: this.#table,
      Key: { member: hashEmail(email) },
      UpdateExpression: 'SET #state = :deleted, dueAt = :due',
      ConditionExpression: 'attribute_exists(#state)',
      ExpressionAttributeNames: STATE,
      ExpressionAttributeValues: { ':deleted': 'deleted', ':due': toIso(now + SECOND_LOOK_AFTER) },
    };
    return updateIf(this.#documents, update, 'repeatable');
  }

  /** Deletes the tombstone, because the deletion was called off or is over. */
  async remove(email: string): Promise<void> {
    await deleteIf(this.#documents, { TableName: this.#table, Key: { member: hashEmail(email) } });
  }

  /**
   * Finds the tombstone of a finished deletion, before a login.
   *
   * @returns the tombstone for `removeFinished`; undefined if there is none.
   * @throws AppError session-changed while a deletion runs.
   */
  async findFinished(email: string): Promise<SeenTombstone | undefined> {
    const seen = await this.#find(email);
    if (seen?.state === 'deleting') throw accountBeingDeleted();
    return seen;
  }

  /**
   * Removes the tombstone of a finished deletion, because the member has logged in again: the second look must not touch the new
   * account. Called only once AimHarder has accepted the password, so that no stranger can call off the second look.
   *
   * @param seen the tombstone that the login found when it began.
   * @throws AppError session-changed if there has been another deletion since.
   */
  async removeFinished(email: string, { dueAt }: SeenTombstone): Promise<void> {
    const deletion = {
      TableName: this.#table,
      Key: { member: hashEmail(email) },
      ConditionExpression: 'attribute_not_exists(#state) OR (#state = :deleted AND dueAt = :seen)',
      ExpressionAttributeNames: STATE,
      ExpressionAttributeValues: { ':deleted': 'deleted', ':seen': toIso(dueAt) },
    };
    if (!(await deleteIf(this.#documents, deletion))) throw accountBeingDeleted();
  }

  /**
   * Finds the tombstones whose deletion has died, or whose second look is due. Scans the table, which is nearly empty.
   *
   * @param onUnreadable gets the error of an item that cannot be decoded; that item is left out. By default, the error is thrown.
   */
  async *findDue(now: Instant, onUnreadable = throwUnreadable): AsyncGenerator<DueTombstone, undefined> {
    const pages = paginateScan({ client: this.#documents }, { TableName: this.#table, ConsistentRead: true });
    for await (const { Items = [] } of pages)
      for (const item of Items) {
        const tombstone = decodeReadable(item, decodeDue, onUnreadable);
        if (tombstone && tombstone.dueAt <= now) yield tombstone;
      }
    return undefined;
  }

  /**
   * Claims a due tombstone: until the deletion or the second look is done, this member cannot log in.
   *
   * @returns the member's e-mail; undefined if another process has claimed the tombstone, or the member has logged in again.
   */
  async claim({ member, dueAt }: DueTombstone, secrets: KeySource, now: Instant): Promise<string | undefined> {
    const claimed = await updateAndReadIf(this.#documents, {
      TableName: this.#table,
      Key: { member },
      UpdateExpression: 'SET #state = :deleting, dueAt = :until',
      ConditionExpression: 'dueAt = :seen',
      ExpressionAttributeNames: STATE,
      ExpressionAttributeValues: {
        ':deleting': 'deleting',
        ':until': toIso(now + DELETION_TAKES),
        ':seen': toIso(dueAt),
      },
    });
    if (!claimed) return undefined;
    const { address: encryptedEmail } = ClaimedItem.parse(claimed);
    const { keys } = await secrets(encryptedEmail);
    return decrypt(keys, encryptedEmail, encryptionContext(member));
  }

  async #find(email: string): Promise<SeenTombstone | undefined> {
    const { Item } = await this.#documents.send(
      new GetCommand({ TableName: this.#table, Key: { member: hashEmail(email) }, ConsistentRead: true }),
    );
    return Item && SeenItem.parse(Item);
  }
}

/** Creates the error for a request that is refused because its member's account is being deleted. */
export const accountBeingDeleted = (): AppError =>
  new AppError('session-changed', 'This account is being deleted. Log in again in some minutes to start anew.', {
    retryAfter: 60,
  });

const hashEmail = (email: string): string => createHash('sha256').update(email).digest('hex');
const encryptionContext = (member: string): readonly string[] => ['tombstone', member];
