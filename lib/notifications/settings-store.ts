import { randomUUID } from 'node:crypto';
import { DeleteCommand, GetCommand, UpdateCommand, type UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import type { Instant } from '../platform/clock.ts';
import { applied, type Documents, toIso } from '../platform/dynamodb.ts';
import { KINDS, LANGUAGES, type Preferences, type Settings, type Webhook } from './notification-settings.ts';

export type SettingsStore = ReturnType<typeof settingsStore>;

/** What becomes of the webhook: it goes, it stays as it is, or this one is the webhook from now on. */
export type WebhookChange = null | 'keep' | Pick<Webhook, 'url' | 'encryptedSecret'>;

const StoredInstant = z.pipe(
  z.optional(z.string()),
  z.transform((iso: string | undefined) => (iso === undefined ? null : Date.parse(iso))),
);

const SettingsItem = z.object({
  mail: z.boolean(),
  language: z.enum(LANGUAGES),
  events: z.array(z.enum(KINDS)),
  webhookUrl: z.optional(z.string()),
  webhookSecret: z.optional(z.string()),
  webhookVersion: z.optional(z.string()),
  failingSince: StoredInstant,
  disabledAt: StoredInstant,
  lastError: z.optional(z.string()),
});

/** What members want to be told, and how (table: PK `email`). Reads are strongly consistent. */
export function settingsStore({ documents, table }: { readonly documents: Documents; readonly table: string }) {
  const update = (email: string, change: Omit<UpdateCommandInput, 'TableName' | 'Key'>) =>
    documents.send(new UpdateCommand({ TableName: table, Key: { email }, ...change }));

  async function find(email: string): Promise<Settings | undefined> {
    const { Item } = await documents.send(new GetCommand({ TableName: table, Key: { email }, ConsistentRead: true }));
    return Item && decodeSettings(Item);
  }

  /**
   * Replaces the settings of a member.
   *
   * @param seen the webhook that was there.
   * @returns false when that is another by now.
   */
  const save = (email: string, wishes: Preferences, change: WebhookChange, seen: Webhook | null): Promise<boolean> => {
    const [set, remove, values] = changeOf(change);
    return applied(
      update(email, {
        UpdateExpression: `SET mail = :mail, #language = :language, #events = :events${set}${remove}`,
        ConditionExpression: seen ? 'webhookVersion = :seen' : 'attribute_not_exists(webhookVersion)',
        ExpressionAttributeNames: { '#language': 'language', '#events': 'events' },
        ExpressionAttributeValues: {
          ...values,
          ':mail': wishes.email,
          ':language': wishes.language,
          ':events': wishes.events,
          ...(seen && { ':seen': seen.version }),
        },
      }),
    );
  };

  async function remove(email: string): Promise<void> {
    await documents.send(new DeleteCommand({ TableName: table, Key: { email } }));
  }

  /** @returns since when the webhook fails; undefined when it is another by now. */
  async function recordFailure(
    email: string,
    seen: Webhook,
    error: string,
    now: Instant,
  ): Promise<Instant | undefined> {
    let since: Instant | null | undefined;
    const noted = update(email, {
      UpdateExpression: 'SET lastError = :error, failingSince = if_not_exists(failingSince, :now)',
      ConditionExpression: SAME,
      ExpressionAttributeValues: { ':error': error, ':now': toIso(now), ':seen': seen.version },
      ReturnValues: 'ALL_NEW',
    });
    await applied(
      noted.then(({ Attributes }) => {
        since = SettingsItem.parse(Attributes).failingSince;
      }),
    );
    return since ?? undefined;
  }

  const recordSuccess = (email: string, seen: Webhook): Promise<boolean> =>
    applied(
      update(email, {
        UpdateExpression: 'REMOVE failingSince, lastError',
        ConditionExpression: SAME,
        ExpressionAttributeValues: { ':seen': seen.version },
      }),
    );

  /** @returns false when it is another by now, or disabled already: of those who find it failing, one disables it. */
  const disable = (email: string, seen: Webhook, error: string, now: Instant): Promise<boolean> =>
    applied(
      update(email, {
        UpdateExpression: 'SET disabledAt = :now, lastError = :error, webhookVersion = :next',
        ConditionExpression: SAME,
        ExpressionAttributeValues: {
          ':now': toIso(now),
          ':error': error,
          ':next': randomUUID(),
          ':seen': seen.version,
        },
      }),
    );

  return { find, save, remove, recordFailure, recordSuccess, disable };
}

const SAME = 'webhookVersion = :seen';

const TROUBLE = 'failingSince, disabledAt, lastError';

/** A webhook that is set starts anew, whatever its history. */
function changeOf(change: WebhookChange): readonly [set: string, remove: string, values: Record<string, string>] {
  if (change === 'keep') return ['', '', {}];
  if (change === null) return ['', ` REMOVE webhookUrl, webhookSecret, webhookVersion, ${TROUBLE}`, {}];
  return [
    ', webhookUrl = :url, webhookSecret = :secret, webhookVersion = :version',
    ` REMOVE ${TROUBLE}`,
    { ':url': change.url, ':secret': change.encryptedSecret, ':version': randomUUID() },
  ];
}

/** @throws ZodError when the table holds something that is not settings. */
function decodeSettings(item: unknown): Settings {
  const { mail, language, events, webhookUrl: url, webhookSecret, webhookVersion, ...rest } = SettingsItem.parse(item);
  const { failingSince, disabledAt, lastError = null } = rest;
  const webhook =
    url === undefined || webhookSecret === undefined || webhookVersion === undefined
      ? null
      : { url, encryptedSecret: webhookSecret, version: webhookVersion, failingSince, disabledAt, lastError };
  return { webhook, email: mail, language, events };
}
