import { randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import type { Evidence } from '../platform/dynamodb.ts';
import { OptionalInstant, OptionalText } from '../platform/stored-fields.ts';
import { RECEIVER_CHANNELS, type ReceiverChannel, type ReceiverSettings } from './notification-settings.ts';

/** How to change a receiver: null removes it, 'keep' keeps it, and settings replace it and clear its recorded failures. */
export type ReceiverChange = null | 'keep' | Pick<ReceiverSettings, 'address' | 'encryptedSecret'>;

export type ReceiverChanges = { readonly [channel in ReceiverChannel]?: ReceiverChange };

/** The names of a receiver's attributes in the item with its member's settings. */
type Fields = Readonly<Record<'address' | 'secret' | 'version' | 'failingSince' | 'disabledAt' | 'lastError', string>>;

const fieldsWith = (prefix: string): Fields => ({
  address: `${prefix}Address`,
  secret: `${prefix}Secret`,
  version: `${prefix}Version`,
  failingSince: `${prefix}FailingSince`,
  disabledAt: `${prefix}DisabledAt`,
  lastError: `${prefix}LastError`,
});

const FIELDS: Readonly<Record<ReceiverChannel, Fields>> = {
  // The webhook was the first channel, so some of its attributes were named without a prefix.
  webhook: {
    ...fieldsWith('webhook'),
    address: 'webhookUrl',
    failingSince: 'failingSince',
    disabledAt: 'disabledAt',
    lastError: 'lastError',
  },
  ntfy: fieldsWith('ntfy'),
  telegram: fieldsWith('telegram'),
};

export const fieldsOf = (channel: ReceiverChannel): Fields => FIELDS[channel];

const StoredReceiver = z.object({
  address: z.string(),
  secret: OptionalText,
  version: z.string(),
  failingSince: OptionalInstant,
  disabledAt: OptionalInstant,
  lastError: OptionalText,
});

/** Decodes a receiver. @returns null if the member has set none. @throws ZodError if the attributes are not a receiver's. */
export function decodeReceiver(
  channel: ReceiverChannel,
  item: Readonly<Record<string, unknown>>,
): ReceiverSettings | null {
  const fields = FIELDS[channel];
  if (item[fields.version] === undefined) return null;
  const stored = Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, item[field]]));
  const { secret: encryptedSecret, ...receiver } = StoredReceiver.parse(stored);
  return { ...receiver, encryptedSecret };
}

/**
 * Builds the condition that a receiver has not changed since the caller read it.
 *
 * @param seen the receiver that the caller read; null if there was none.
 */
export function buildUnchangedCondition(channel: ReceiverChannel, seen: ReceiverSettings | null) {
  const { version } = FIELDS[channel];
  const placeholder = `:seen${channel}`;
  return seen
    ? { text: `${version} = ${placeholder}`, values: { [placeholder]: seen.version } }
    : { text: `attribute_not_exists(${version})`, values: {} };
}

/**
 * The part of an update that changes receivers.
 *
 * @property set assignments to append to the update's SET clause, each after a comma. @property remove a REMOVE clause, or ''.
 * @property evidence the versions of new receivers. If the answer of the write is lost, they show that it was applied, even after
 *   another request that keeps the receivers has replaced the mark. Otherwise the caller would not learn that its secret is stored.
 */
type ReceiverUpdates = {
  readonly set: string;
  readonly remove: string;
  readonly values: Readonly<Record<string, string | null>>;
  readonly evidence?: Evidence;
};

/** Builds the part of an update that changes receivers. Each new receiver gets a random version. */
export function buildReceiverUpdates(changes: ReceiverChanges): ReceiverUpdates {
  const set: string[] = [];
  const remove: string[] = [];
  const values: Record<string, string | null> = {};
  const versions: Record<string, string> = {};
  for (const channel of RECEIVER_CHANNELS) {
    const { [channel]: change = 'keep' } = changes;
    if (change === 'keep') continue;
    const { address, secret, version, failingSince, disabledAt, lastError } = FIELDS[channel];
    remove.push(failingSince, disabledAt, lastError);
    if (change === null) {
      remove.push(address, secret, version);
      continue;
    }
    versions[version] = randomUUID();
    const written = { [address]: change.address, [secret]: change.encryptedSecret, [version]: versions[version] };
    for (const [field, value] of Object.entries(written)) {
      set.push(`, ${field} = :${field}`);
      values[`:${field}`] = value;
    }
  }
  return {
    set: set.join(''),
    remove: remove.length > 0 ? ` REMOVE ${remove.join(', ')}` : '',
    values,
    ...(Object.keys(versions).length > 0 && { evidence: versions }),
  };
}
