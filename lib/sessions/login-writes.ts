import { randomUUID } from 'node:crypto';
import type { Box } from '../aimharder/client.ts';
import { epochSeconds, putIf, toIso, updateIf } from '../platform/dynamodb.ts';
import { AppError } from '../platform/errors.ts';
import { isDeviceFingerprint } from './fingerprint.ts';
import {
  buildItem,
  type NewDevice,
  type NewSession,
  type NewSessionDeps,
  type SessionItemAttributes,
  storeBackground,
} from './new-session.ts';
import { DEVICE_LIFETIME, hashBucket, type Session, type SessionKey, sessionKey } from './session.ts';
import { decodeSession, encryptTokens } from './session-record.ts';
import type { SessionStore } from './session-store.ts';

export type LoginWritesDeps = NewSessionDeps & { readonly sessions: Pick<SessionStore, 'find'> };

/**
 * The condition that no later login is stored. Of two concurrent logins the later one stays. Any login replaces a dead session:
 * `:state` is the new session's state, `active`.
 */
const NO_LATER_LOGIN = 'attribute_not_exists(loggedInAt) OR loggedInAt < :loggedInAt OR #state <> :state';

/** Stores sessions after a login. Each write carries the time of its login, so that a slow login never undoes a later one. */
export class LoginWrites {
  readonly #deps: LoginWritesDeps;

  constructor(deps: LoginWritesDeps) {
    this.#deps = deps;
  }

  /**
   * Stores a login's session in place of an earlier one. A background session keeps its `createdAt` and its reservation. A
   * device session starts anew, and its earlier access token is no longer valid.
   *
   * @returns the stored session. If a later login has stored a background session first, returns that session.
   * @throws AppError session-changed if a later login of the same device was stored first.
   */
  async storeSession(fresh: NewSession): Promise<Session> {
    const item = await buildItem(this.#deps, fresh);
    return fresh.device ? this.#storeDevice(item, fresh.device) : this.#storeNewestBackground(item);
  }

  /**
   * Puts a dead background session into the timing wheel, which logs it in with the kept password. If the member has no
   * background session, stores a dead one without a token. Leaves an active session unchanged.
   */
  async scheduleRelogin(key: SessionKey, boxes: readonly Box[]): Promise<void> {
    const empty = await encryptTokens(this.#deps.secrets, key, { token: '', cookies: [] });
    const update = {
      TableName: this.#deps.table,
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
        ':slot': hashBucket(key, this.#deps.refreshPartitions),
        ':now': toIso(this.#deps.clock.now()),
        ':background': 'background',
        ':yes': true,
        ':tokenVersion': randomUUID(),
        ':boxes': boxes,
        ':token': empty.token,
        ':cookies': empty.cookies,
        ':zero': 0,
      },
    };
    await updateIf(this.#deps.documents, update, 'repeatable');
  }

  async #storeDevice(item: SessionItemAttributes, device: NewDevice): Promise<Session> {
    if (!isDeviceFingerprint(item.fingerprint))
      throw new Error('A device session may not use a background fingerprint.');
    const now = this.#deps.clock.now();
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
    const put = {
      TableName: this.#deps.table,
      Item,
      ConditionExpression: NO_LATER_LOGIN,
      ExpressionAttributeNames: { '#state': 'state' },
      ExpressionAttributeValues: { ':loggedInAt': item.loggedInAt, ':state': item.state },
    };
    if (await putIf(this.#deps.documents, put, { tokenVersion: item.tokenVersion })) return decodeSession(Item);
    // If the write's answer was lost and a refresh came in between, the stored hash proves that this login made the session.
    const stored = await this.#deps.sessions.find(item);
    if (stored?.sessionType === 'device' && stored.accessTokenHash === device.accessTokenHash) return stored;
    throw new AppError('session-changed', 'A later login on this device was stored first.');
  }

  async #storeNewestBackground(item: SessionItemAttributes): Promise<Session> {
    for (;;) {
      const stored =
        (await storeBackground(this.#deps, item, NO_LATER_LOGIN)) ?? (await this.#deps.sessions.find(item));
      // If the later login's session was deleted in between, the next try stores this one.
      if (stored) return stored;
    }
  }
}
