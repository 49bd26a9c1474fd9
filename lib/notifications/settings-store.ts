import { randomUUID } from 'node:crypto';
import { DeleteCommand, GetCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import type { Instant } from '../platform/clock.ts';
import { type Documents, type Evidence, toIso, updateAndReadIf, updateIf } from '../platform/dynamodb.ts';
import { OptionalInstant, OptionalText } from '../platform/stored-fields.ts';
import { LANGUAGES, type Preferences, type Settings, type Webhook } from './notification-settings.ts';
import { decodeKinds, encodeKinds } from './stored-kinds.ts';

/** How to change the webhook: remove it (null), keep it, or set this one, without any recorded failures. */
export type WebhookChange = null | 'keep' | Pick<Webhook, 'url' | 'encryptedSecret'>;

const SAME_WEBHOOK = 'webhookVersion = :seen';

const FAILURE_FIELDS = 'failingSince, disabledAt, lastError';

/**
 * Stores the members' notification settings (table: PK `email`). Reads are strongly consistent. A write about a webhook names
 * the version that its caller saw, and fails if the webhook was changed since.
 */
export class SettingsStore {
  readonly #documents: Documents;
  readonly #table: string;

  constructor({ documents, table }: { readonly documents: Documents; readonly table: string }) {
    this.#documents = documents;
    this.#table = table;
  }

  /** Finds a member's settings. @returns undefined for a member who has set nothing. */
  async find(email: string): Promise<Settings | undefined> {
    const { Item } = await this.#documents.send(
      new GetCommand({ TableName: this.#table, Key: { email }, ConsistentRead: true }),
    );
    return Item && decodeSettings(Item);
  }

  /**
   * Replaces a member's settings.
   *
   * @param seen the webhook as the caller saw it.
   * @returns false if the webhook was changed since.
   */
  save(email: string, preferences: Preferences, change: WebhookChange, seen: Webhook | null): Promise<boolean> {
    const { set, remove, values, evidence } = buildWebhookUpdate(change);
    const kinds = encodeKinds(preferences.events);
    const update = {
      TableName: this.#table,
      Key: { email },
      UpdateExpression: `SET mail = :mail, #language = :language, #events = :events, muted = :muted${set}${remove}`,
      ConditionExpression: seen ? SAME_WEBHOOK : 'attribute_not_exists(webhookVersion)',
      ExpressionAttributeNames: { '#language': 'language', '#events': 'events' },
      ExpressionAttributeValues: {
        ...values,
        ':mail': preferences.email,
        ':language': preferences.language,
        ':events': kinds.events,
        ':muted': kinds.muted,
        ...(seen && { ':seen': seen.version }),
      },
    };
    return updateIf(this.#documents, update, evidence);
  }

  async remove(email: string): Promise<void> {
    await this.#documents.send(new DeleteCommand({ TableName: this.#table, Key: { email } }));
  }

  /** Records a failed delivery. @returns since when the webhook has been failing; undefined if it was changed since. */
  async recordFailure(email: string, seen: Webhook, error: string, now: Instant): Promise<Instant | undefined> {
    const update = {
      TableName: this.#table,
      Key: { email },
      UpdateExpression: 'SET lastError = :error, failingSince = if_not_exists(failingSince, :now)',
      ConditionExpression: SAME_WEBHOOK,
      ExpressionAttributeValues: { ':error': error, ':now': toIso(now), ':seen': seen.version },
    };
    const updated = await updateAndReadIf(this.#documents, update, 'repeatable');
    return (updated && SettingsItem.parse(updated).failingSince) ?? undefined;
  }

  /** Records a successful delivery: the webhook no longer fails. @returns false if it was changed since. */
  recordSuccess(email: string, seen: Webhook): Promise<boolean> {
    const update = {
      TableName: this.#table,
      Key: { email },
      UpdateExpression: 'REMOVE failingSince, lastError',
      ConditionExpression: SAME_WEBHOOK,
      ExpressionAttributeValues: { ':seen': seen.version },
    };
    return updateIf(this.#documents, update, 'repeatable');
  }

  /**
   * Disables the webhook.
   *
   * @returns false if it was changed or disabled since. Only one of several concurrent callers gets true.
   */
  disable(email: string, seen: Webhook, error: string, now: Instant): Promise<boolean> {
    const next = randomUUID();
    const update = {
      TableName: this.#table,
      Key: { email },
      UpdateExpression: 'SET disabledAt = :now, lastError = :error, webhookVersion = :next',
      ConditionExpression: SAME_WEBHOOK,
      ExpressionAttributeValues: { ':now': toIso(now), ':error': error, ':next': next, ':seen': seen.version },
    };
    return updateIf(this.#documents, update, { webhookVersion: next });
  }
}

/**
 * The part of an update that changes the webhook. For a new webhook, its version is the evidence of the write: it stays even
 * if another request that keeps the webhook replaces the mark. Otherwise the caller would not learn that its secret is stored.
 */
type WebhookUpdate = {
  readonly set: string;
  readonly remove: string;
  readonly values: Record<string, string>;
  readonly evidence?: Evidence;
};

function buildWebhookUpdate(change: WebhookChange): WebhookUpdate {
  if (change === 'keep') return { set: '', remove: '', values: {} };
  if (change === null)
    return { set: '', remove: ` REMOVE webhookUrl, webhookSecret, webhookVersion, ${FAILURE_FIELDS}`, values: {} };
  const version = randomUUID();
  return {
    set: ', webhookUrl = :url, webhookSecret = :secret, webhookVersion = :version',
    remove: ` REMOVE ${FAILURE_FIELDS}`,
    values: { ':url': change.url, ':secret': change.encryptedSecret, ':version': version },
    evidence: { webhookVersion: version },
  };
}

const SettingsItem = z.object({
  mail: z.boolean(),
  language: z.enum(LANGUAGES),
  events: z.array(z.string()),
  muted: z._default(z.array(z.string()), []),
  webhookUrl: z.optional(z.string()),
  webhookSecret: z.optional(z.string()),
  webhookVersion: z.optional(z.string()),
  failingSince: OptionalInstant,
  disabledAt: OptionalInstant,
  lastError: OptionalText,
});

/** Decodes an item of the table. @throws ZodError if it is not a member's settings. */
function decodeSettings(item: unknown): Settings {
  const { mail, language, events, muted, ...stored } = SettingsItem.parse(item);
  const { webhookUrl, webhookSecret, webhookVersion, ...record } = stored;
  const webhook =
    webhookUrl === undefined || webhookSecret === undefined || webhookVersion === undefined
      ? null
      : { url: webhookUrl, encryptedSecret: webhookSecret, version: webhookVersion, ...record };
  return { webhook, email: mail, language, events: decodeKinds(events, muted) };
}
