import { randomUUID } from 'node:crypto';
import type { Box } from '../aimharder/client.ts';
import type { Cookie } from '../aimharder/cookies.ts';
import type { Clock, Instant } from '../platform/clock.ts';
import { type Documents, epochSeconds, putIf, toIso, updateAndReadIf, updateIf } from '../platform/dynamodb.ts';
import { AppError } from '../platform/errors.ts';
import type { KeySource } from '../platform/secrets.ts';
import { isBackgroundFingerprint, isDeviceFingerprint } from './fingerprint.ts';
import {
  type BackgroundSession,
  DEVICE_LIFETIME,
  hashBucket,
  type Session,
  type SessionKey,
  sessionKey,
} from './session.ts';
import { ALREADY_APPLIED, decodeSession, encryptTokens, type SessionTable } from './session-record.ts';
import type { SessionStore } from './session-store.ts';

/** A session as a login at AimHarder has made it. */
export type NewSession = SessionKey & {
  readonly token: string;
  readonly cookies: readonly Cookie[];
  readonly boxes: readonly Box[];
  /** When AimHarder made it; now, if absent. Of two concurrent logins, the later one's background session is kept. */
  readonly loggedInAt?: Instant;
  /** Device sessions only: the hash of the device's access token, and the member's name for the device. */
  readonly device?: NewDevice;
};

type NewDevice = { readonly accessTokenHash: string | null; readonly name: string | null };

export type LoginWritesDeps = SessionTable & {
  readonly secrets: KeySource;
  readonly sessions: Pick<SessionStore, 'find'>;
  /** Values of the refresh index (`refreshPartitions`). */
  readonly refreshPartitions: number;
};

/** Of two concurrent logins, the later one is kept, in whatever order they are stored. A dead session gives way to any login. */
const NO_LATER_LOGIN = 'attribute_not_exists(loggedInAt) OR loggedInAt < :loggedInAt OR #state <> :state';

/** Stores what logins have made. Each write carries the time of its login, so that a slow login never undoes a later one. */
export class LoginWrites {
  readonly #documents: Documents;
  readonly #table: string;
  readonly #clock: Clock;
  readonly #secrets: KeySource;
  readonly #sessions: Pick<SessionStore, 'find'>;
  readonly #refreshPartitions: number;

  constructor({ documents, table, clock, secrets, sessions, refreshPartitions }: LoginWritesDeps) {
    this.#documents = documents;
    this.#table = table;
    this.#clock = clock;
    this.#secrets = secrets;
    this.#sessions = sessions;
    this.#refreshPartitions = refreshPartitions;
  }

  /**
   * Stores what a login has made, in place of the session that was there. An existing background session keeps its
   * `createdAt` and its reservation; a device session starts anew, and its earlier access token ends.
   *
   * @returns what is stored: the background session of a later login, if that was stored first.
   * @throws AppError session-changed if a later login of the same device was stored first.
   */
  async storeSession(fresh: NewSession): Promise<Session> {
    const item = await this.#newItem(fresh);
    return fresh.device ? this.#storeDevice(item, fresh.device) : this.#storeNewestBackground(item);
  }

  /**
   * Replaces a dead background session with the one that a login with the kept password has made.
   *
   * @returns undefined if the dead session was deleted or replaced meanwhile.
   */
  async replaceDead(dead: BackgroundSession, fresh: NewSession): Promise<Session | undefined> {
    return this.#storeBackground(await this.#newItem(fresh), 'tokenVersion = :seen', { ':seen': dead.tokenVersion });
  }

  /**
   * Puts a dead background session into the timing wheel, which logs it in with the kept password; makes an empty dead
   * session if there is none. An active session stays as it is.
   */
  async scheduleRelogin(key: SessionKey, boxes: readonly Box[]): Promise<void> {
    const empty = await encryptTokens(this.#secrets, key, { token: '', cookies: [] });
    await updateIf(this.#documents, {
      TableName: this.#table,
      Key: sessionKey(key),
      UpdateExpression: `SET #state = :required, refreshSlot = :slot, updatedAt = :now, untold = :yes,
            sessionType = :background, protected = :yes, tokenVersion = if_not_exists(tokenVersion, :tokenVersion), boxes = if_not_exists(boxes, :boxes),
            #token = if_not_exists(#token, :token), cookies = if_not_exists(cookies, :cookies),
            createdAt = if_not_exists(createdAt, :now), lastTokenUpdateAt = if_not_exists(lastTokenUpdateAt, :now),
            tokenUpdateCount = if_not_exists(tokenUpdateCount, :zero)`,
      ConditionExpression: 'NOT #state = :active',
      ExpressionAttributeNames: { '#state': 'state', '#token': 'token' },
      ExpressionAttributeValues: {
        ':required': 'login-required',
        ':active': 'active',
        ':slot': hashBucket(key, this.#refreshPartitions),
        ':now': toIso(this.#clock.now()),
        ':background': 'background',
        ':yes': true,
        ':tokenVersion': randomUUID(),
        ':boxes': boxes,
        ':token': empty.token,
        ':cookies': empty.cookies,
        ':zero': 0,
      },
    });
  }

  async #storeDevice(item: NewItem, device: NewDevice): Promise<Session> {
    if (!isDeviceFingerprint(item.fingerprint))
      throw new Error('A device session may not use a background fingerprint.');
    const now = this.#clock.now();
    const Item = {
      ...item,
      sessionType: 'device',
      protected: false,
      createdAt: toIso(now),
      tokenUpdateCount: 0,
      deviceName: device.name,
      accessTokenHash: device.accessTokenHash,
      expiresAt: epochSeconds(now + DEVICE_LIFETIME),
    };
    const written = await putIf(this.#documents, {
      TableName: this.#table,
      Item,
      ConditionExpression: `${NO_LATER_LOGIN} OR ${ALREADY_APPLIED}`,
      ExpressionAttributeNames: { '#state': 'state' },
      ExpressionAttributeValues: {
        ':loggedInAt': item.loggedInAt,
        ':state': item.state,
        ':tokenVersion': item.tokenVersion,
      },
    });
    if (written) return decodeSession(Item);
    // An SDK retry is refused too if the session was refreshed in between: its hash tells whether this login made it.
    const stored = await this.#sessions.find(item);
    if (stored?.sessionType === 'device' && stored.accessTokenHash === device.accessTokenHash) return stored;
    throw new AppError('session-changed', 'A later login on this device was stored first.');
  }

  async #storeNewestBackground(item: NewItem): Promise<Session> {
    for (;;) {
      const stored = (await this.#storeBackground(item, NO_LATER_LOGIN)) ?? (await this.#sessions.find(item));
      // There is none if the later login's session was deleted in between.
      if (stored) return stored;
    }
  }

  /** @returns undefined if the condition was not met. */
  async #storeBackground(
    item: NewItem,
    condition: string,
    values: Readonly<Record<string, string>> = {},
  ): Promise<Session | undefined> {
    if (!isBackgroundFingerprint(item.fingerprint))
      throw new Error('A background session needs a background fingerprint.');
    const { email, fingerprint, ...attributes } = item;
    const changes = Object.entries({ ...attributes, sessionType: 'background', protected: true });
    const assignments = changes.map(([name]) => `#${name} = :${name}`).join(', ');
    const stored = await updateAndReadIf(this.#documents, {
      TableName: this.#table,
      Key: { email, fingerprint },
      UpdateExpression: `SET ${assignments},
          createdAt = if_not_exists(createdAt, :updatedAt), tokenUpdateCount = if_not_exists(tokenUpdateCount, :zero)
          REMOVE refreshingUntil, lastTokenUpdateError, untold, loginFingerprint`,
      ConditionExpression: `${condition} OR ${ALREADY_APPLIED}`,
      ExpressionAttributeNames: Object.fromEntries(changes.map(([name]) => [`#${name}`, name])),
      ExpressionAttributeValues: {
        ...Object.fromEntries(changes.map(([name, value]) => [`:${name}`, value])),
        ':zero': 0,
        ...values,
      },
    });
    return stored && decodeSession(stored);
  }

  /** The attributes that a login gives to every kind of session. */
  async #newItem(fresh: NewSession): Promise<NewItem> {
    const { email, fingerprint, boxes, loggedInAt } = fresh;
    const now = this.#clock.now();
    const item = {
      email,
      fingerprint,
      boxes,
      state: 'active',
      tokenVersion: randomUUID(),
      updatedAt: toIso(now),
      lastTokenUpdateAt: toIso(now),
      loggedInAt: toIso(loggedInAt ?? now),
      refreshSlot: hashBucket(fresh, this.#refreshPartitions),
    };
    return { ...item, ...(await encryptTokens(this.#secrets, fresh, fresh)) };
  }
}

type NewItem = SessionKey & {
  readonly boxes: readonly Box[];
  readonly state: string;
  readonly tokenVersion: string;
  readonly updatedAt: string;
  readonly lastTokenUpdateAt: string;
  readonly loggedInAt: string;
  readonly refreshSlot: number;
  readonly token: string;
  readonly cookies: string;
};
