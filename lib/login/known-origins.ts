import { DeleteCommand, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { type Clock, DAY } from '../platform/clock.ts';
import { type Documents, epochSeconds } from '../platform/dynamodb.ts';
import { hashSubject } from '../platform/rate-limits.ts';

/** Where a login comes from: the device, and the client's IP address. (It is not the `Origin` of HTTP.) */
export type Origin = { readonly fingerprint: string; readonly sourceAddress: string };

/** The devices and addresses from which a member has logged in, as hashes, the last written first. */
export type KnownOrigins = { readonly devices: readonly string[]; readonly addresses: readonly string[] };

/** How many devices and addresses of a member are remembered. */
const MOST_DEVICES = 20;
const MOST_ADDRESSES = 10;
/** How long both are remembered after the last change, in milliseconds. */
const REMEMBERED_FOR = 90 * DAY;
/** After this long without a change, the next login renews the item; in milliseconds. */
const RENEWED_AFTER = 30 * DAY;

const Texts = z.array(z.string());
const OriginsItem = z.object({ devices: Texts, addresses: Texts, expiresAt: z.number() });

/**
 * Remembers from where each member has logged in, in the table of login attempts. Wrong passwords from those devices and
 * addresses are counted apart from all others (login-throttle.ts), so that strangers who guess from elsewhere cannot keep the
 * member out. (A member without a session here also counts in the counter of the address for all e-mails, which others at that
 * address can use up.) Only a login with the right password is remembered.
 */
export class KnownOriginStore {
  readonly #documents: Documents;
  readonly #table: string;
  readonly #clock: Clock;

  constructor({
    documents,
    table,
    clock,
  }: { readonly documents: Documents; readonly table: string; readonly clock: Clock }) {
    this.#documents = documents;
    this.#table = table;
    this.#clock = clock;
  }

  /** Finds the known origins of a member. @returns also `renewsAt`: the instant from which the next login renews the item. */
  async find(email: string): Promise<KnownOrigins & { readonly renewsAt: number }> {
    const { Item } = await this.#documents.send(new GetCommand({ ...this.#item(email), ConsistentRead: true }));
    if (!Item) return { devices: [], addresses: [], renewsAt: 0 };
    const { expiresAt, ...origins } = OriginsItem.parse(Item);
    return { ...origins, renewsAt: expiresAt * 1_000 - REMEMBERED_FOR + RENEWED_AFTER };
  }

  /** Remembers the origin of a login. If a member logs in twice at the same moment, one of the two origins may be lost. */
  async remember(email: string, { fingerprint, sourceAddress }: Origin): Promise<void> {
    const known = await this.find(email);
    const device = hashDevice(email, fingerprint);
    const address = hashAddress(email, sourceAddress);
    const now = this.#clock.now();
    const areFarFromEnd =
      isFarFromEnd(known.devices, device, MOST_DEVICES) && isFarFromEnd(known.addresses, address, MOST_ADDRESSES);
    if (areFarFromEnd && now < known.renewsAt) return;
    await this.#documents.send(
      new UpdateCommand({
        ...this.#item(email),
        UpdateExpression: 'SET devices = :devices, addresses = :addresses, expiresAt = :expires',
        ExpressionAttributeValues: {
          ':devices': putFirst(known.devices, device).slice(0, MOST_DEVICES),
          ':addresses': putFirst(known.addresses, address).slice(0, MOST_ADDRESSES),
          ':expires': epochSeconds(now + REMEMBERED_FOR),
        },
      }),
    );
  }

  /** Forgets where a member has logged in. */
  async forget(email: string): Promise<void> {
    await this.#documents.send(new DeleteCommand(this.#item(email)));
  }

  #item(email: string) {
    return { TableName: this.#table, Key: { subject: hashSubject('known', email) } };
  }
}

const hashDevice = (email: string, fingerprint: string) => hashSubject('known-device', email, fingerprint);
const hashAddress = (email: string, sourceAddress: string) => hashSubject('known-address', email, sourceAddress);
/**
 * Checks whether an entry is in the first half of its list. Then it is not written again, and only more than half a list of others
 * can push it out before its next use.
 */
const isFarFromEnd = (list: readonly string[], entry: string, most: number): boolean =>
  list.slice(0, most / 2).includes(entry);
const putFirst = (list: readonly string[], first: string) => [first, ...list.filter((entry) => entry !== first)];

export const isKnownDevice = ({ devices }: KnownOrigins, email: string, fingerprint: string): boolean =>
  devices.includes(hashDevice(email, fingerprint));

export const isKnownAddress = ({ addresses }: KnownOrigins, email: string, sourceAddress: string): boolean =>
  addresses.includes(hashAddress(email, sourceAddress));
