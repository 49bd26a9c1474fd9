import { randomUUID } from 'node:crypto';
import { DeleteCommand, GetCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import type { Instant } from '../platform/clock.ts';
import { type Documents, type Evidence, toIso, updateAndReadIf, updateIf } from '../platform/dynamodb.ts';
import { OptionalInstant, OptionalText } from '../platform/stored-fields.ts';
import { KINDS, LANGUAGES, type Preferences, type Settings, type Webhook } from './notification-settings.ts';

/** What to do with the webhook: remove it (null), keep it as it is, or set this one, whose record starts clean. */
export type WebhookChange = null | 'keep' | Pick<Webhook, 'url' | 'encryptedSecret'>;

const SAME_WEBHOOK = 'webhookVersion = :seen';

const FAILURE_FIELDS = 'failingSince, disabledAt, lastError';

/**
 * What members want to be notified of, and where (table: PK `email`). Reads are strongly consistent. A write about a webhook
 * names the version of the webhook that its caller saw, and fails if the webhook was changed since.
 */
export class SettingsStore {
  readonly #documents: Documents;
  readonly #table: string;

  constructor({ documents, table }: { readonly documents: Documents; readonly table: string }) {
    this.#documents = documents;
    this.#table = table;
  }

  /** @returns undefined for a member who has set nothing. */
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
    const { set, remove, values, evidence } = writeWebhook(change);
    const update = {
      TableName: this.#table,
      Key: { email },
      UpdateExpression: `SET mail = :mail, #language = :language, #events = :events${set}${remove}`,
      ConditionExpression: seen ? SAME_WEBHOOK : 'attribute_not_exists(webhookVersion)',
      ExpressionAttributeNames: { '#language': 'language', '#events': 'events' },
      ExpressionAttributeValues: {
        ...values,
        ':mail': preferences.email,
        ':language': preferences.language,
        ':events': preferences.events,
        ...(seen && { ':seen': seen.version }),
      },
    };
    return updateIf(this.#documents, update, evidence);
  }

  async remove(email: string): Promise<void> {
    await this.#documents.send(new DeleteCommand({ TableName: this.#table, Key: { email } }));
  }

  /** Records that the webhook took no message. @returns since when it has been failing; undefined if it was changed since. */
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

  /** Records that the webhook took a message: it is failing no longer. @returns false if it was changed since. */
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
   * @returns false if it was changed or disabled since: of several callers that find it failing, one disables it.
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
 * The part of an update that changes the webhook. A new webhook is the evidence of its own write: another request that keeps
 * it may come in between, and the caller must still learn that its secret is stored.
 */
type WebhookUpdate = {
  readonly set: string;
  readonly remove: string;
  readonly values: Record<string, string>;
  readonly evidence?: Evidence;
};

function writeWebhook(change: WebhookChange): WebhookUpdate {
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
  events: z.array(z.enum(KINDS)),
  webhookUrl: z.optional(z.string()),
  webhookSecret: z.optional(z.string()),
  webhookVersion: z.optional(z.string()),
  failingSince: OptionalInstant,
  disabledAt: OptionalInstant,
  lastError: OptionalText,
});

/** @throws ZodError when the table holds something that is not settings. */
function decodeSettings(item: unknown): Settings {
  const { mail, language, events, webhookUrl, webhookSecret, webhookVersion, ...record } = SettingsItem.parse(item);
  const webhook =
    webhookUrl === undefined || webhookSecret === undefined || webhookVersion === undefined
      ? null
      : { url: webhookUrl, encryptedSecret: webhookSecret, version: webhookVersion, ...record };
  return { webhook, email: mail, language, events };
}
