import { randomUUID } from 'node:crypto';
import { DeleteCommand, GetCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import type { Instant } from '../platform/clock.ts';
import { type Documents, toIso, updateAndReadIf, updateIf } from '../platform/dynamodb.ts';
import { decodeReadable, throwUnreadable } from '../platform/stored-fields.ts';
import {
  LANGUAGES,
  type Preferences,
  RECEIVER_CHANNELS,
  type ReceiverChannel,
  type ReceiverSettings,
  type Receivers,
  type Settings,
} from './notification-settings.ts';
import {
  buildReceiverUpdates,
  buildUnchangedCondition,
  decodeReceiver,
  fieldsOf,
  type ReceiverChanges,
} from './receiver-record.ts';
import { decodeKinds, encodeKinds } from './stored-kinds.ts';

/**
 * Stores the members' notification settings (table: PK `email`): their preferences, and the receivers that get their messages.
 * Reads are strongly consistent. A write about a receiver names the `version` that its caller saw, and fails if the receiver was
 * changed since, which means that its version is another one. To record a failure or a success changes no version.
 */
export class SettingsStore {
  readonly #documents: Documents;
  readonly #table: string;

  constructor({ documents, table }: { readonly documents: Documents; readonly table: string }) {
    this.#documents = documents;
    this.#table = table;
  }

  /**
   * Finds a member's settings.
   *
   * @param onUnreadable gets the error of an item that cannot be decoded; the result is then undefined. By default, the error is
   *   thrown.
   * @returns undefined for a member who has set nothing.
   */
  async find(email: string, onUnreadable = throwUnreadable): Promise<Settings | undefined> {
    const { Item } = await this.#documents.send(
      new GetCommand({ TableName: this.#table, Key: { email }, ConsistentRead: true }),
    );
    return Item && decodeReadable(Item, () => decodeSettings(Item), onUnreadable);
  }

  /**
   * Replaces a member's settings.
   *
   * @param changes a receiver without an entry stays as it is.
   * @param seen the receivers as the caller saw them.
   * @returns false if a receiver was changed since.
   */
  save(email: string, preferences: Preferences, changes: ReceiverChanges, seen: Receivers): Promise<boolean> {
    // `set` begins with a comma, `remove` with the word REMOVE; each is '' if there is nothing to change.
    const { set, remove, values, evidence } = buildReceiverUpdates(changes);
    const conditions = RECEIVER_CHANNELS.map((channel) => buildUnchangedCondition(channel, seen[channel]));
    const kinds = encodeKinds(preferences.events);
    const update = {
      TableName: this.#table,
      Key: { email },
      UpdateExpression: `SET mail = :mail, #language = :language, #events = :events, muted = :muted${set}${remove}`,
      ConditionExpression: conditions.map(({ text }) => text).join(' AND '),
      ExpressionAttributeNames: { '#language': 'language', '#events': 'events' },
      ExpressionAttributeValues: {
        ...values,
        // Whether the member gets mail, not an address.
        ':mail': preferences.email,
        ':language': preferences.language,
        ':events': kinds.events,
        ':muted': kinds.muted,
        ...Object.assign({}, ...conditions.map((condition) => condition.values)),
      },
    };
    return updateIf(this.#documents, update, evidence);
  }

  /** Deletes a member's settings. */
  async remove(email: string): Promise<void> {
    await this.#documents.send(new DeleteCommand({ TableName: this.#table, Key: { email } }));
  }

  /** Records a failed delivery. @returns since when the receiver has been failing; undefined if it was changed meanwhile. */
  async recordFailure(
    email: string,
    channel: ReceiverChannel,
    seen: ReceiverSettings,
    error: string,
    now: Instant,
  ): Promise<Instant | undefined> {
    const { failingSince, lastError } = fieldsOf(channel);
    const change = {
      text: `SET ${lastError} = :error, ${failingSince} = if_not_exists(${failingSince}, :now)`,
      values: { ':error': error, ':now': toIso(now) },
    };
    const updated = await updateAndReadIf(
      this.#documents,
      this.#buildUpdate(email, channel, seen, change),
      'repeatable',
    );
    const receiver = updated && decodeReceiver(channel, updated);
    return receiver?.failingSince ?? undefined;
  }

  /**
   * Records why a test has failed, so that the settings show it as the last error. Unlike `recordFailure`, this does not bring
   * the receiver's end nearer.
   *
   * @returns false if the receiver was changed since.
   */
  recordLastError(email: string, channel: ReceiverChannel, seen: ReceiverSettings, error: string): Promise<boolean> {
    const change = { text: `SET ${fieldsOf(channel).lastError} = :error`, values: { ':error': error } };
    return updateIf(this.#documents, this.#buildUpdate(email, channel, seen, change), 'repeatable');
  }

  /** Records a successful delivery: the receiver no longer fails. @returns false if the receiver was changed since. */
  recordSuccess(email: string, channel: ReceiverChannel, seen: ReceiverSettings): Promise<boolean> {
    const { failingSince, lastError } = fieldsOf(channel);
    const change = { text: `REMOVE ${failingSince}, ${lastError}`, values: {} };
    return updateIf(this.#documents, this.#buildUpdate(email, channel, seen, change), 'repeatable');
  }

  /**
   * Disables a receiver.
   *
   * @returns false if the receiver was changed or disabled since. Of several concurrent callers, only one gets true.
   */
  disable(
    email: string,
    channel: ReceiverChannel,
    seen: ReceiverSettings,
    error: string,
    now: Instant,
  ): Promise<boolean> {
    const next = randomUUID();
    const { disabledAt, lastError, version } = fieldsOf(channel);
    const change = {
      text: `SET ${disabledAt} = :now, ${lastError} = :error, ${version} = :next`,
      values: { ':now': toIso(now), ':error': error, ':next': next },
    };
    return updateIf(this.#documents, this.#buildUpdate(email, channel, seen, change), { [version]: next });
  }

  /** Builds an update of one receiver that fails if the receiver was changed since the caller saw it. */
  #buildUpdate(
    email: string,
    channel: ReceiverChannel,
    seen: ReceiverSettings,
    { text, values }: { readonly text: string; readonly values: Readonly<Record<string, string>> },
  ) {
    const unchanged = buildUnchangedCondition(channel, seen);
    return {
      TableName: this.#table,
      Key: { email },
      UpdateExpression: text,
      ConditionExpression: unchanged.text,
      ExpressionAttributeValues: { ...values, ...unchanged.values },
    };
  }
}

const SettingsItem = z.object({
  /** Whether the member gets mail (`Preferences.email`). The attribute `email` is the item's key. */
  mail: z.boolean(),
  language: z.enum(LANGUAGES),
  events: z.array(z.string()),
  muted: z._default(z.array(z.string()), []),
});

/** Decodes an item of the table. @throws ZodError if it is not a member's settings. */
function decodeSettings(item: Readonly<Record<string, unknown>>): Settings {
  const { mail, language, events, muted } = SettingsItem.parse(item);
  return {
    email: mail,
    language,
    events: decodeKinds(events, muted),
    webhook: decodeReceiver('webhook', item),
    ntfy: decodeReceiver('ntfy', item),
    telegram: decodeReceiver('telegram', item),
  };
}
