import { randomUUID } from 'node:crypto';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Box } from '../aimharder/client.ts';
import type { Cookie } from '../aimharder/cookies.ts';
import type { Clock, Instant } from '../platform/clock.ts';
import { applied, type Documents, epochSeconds, putIf, toIso, updateIf } from '../platform/dynamodb.ts';
import { AppError } from '../platform/errors.ts';
import type { KeySource } from '../platform/secrets.ts';
import { isBackgroundFingerprint, isDeviceFingerprint } from './fingerprint.ts';
import {
  type BackgroundSession,
  DEVICE_LIFETIME,
  refreshSlotOf,
  type Session,
  type SessionKey,
  sessionKey,
} from './session.ts';
import { decodeSession, tokenEncryption } from './session-record.ts';
import type { SessionStore } from './session-store.ts';
import { ALREADY_APPLIED } from './state-writes.ts';

/** A session as a login at AimHarder made it. */
export type NewSession = SessionKey & {
  readonly token: string;
  readonly cookies: readonly Cookie[];
  readonly boxes: readonly Box[];
  /** When AimHarder made it; now, unless it is given. Of two logins at once the newer one's background session stays. */
  readonly loggedInAt?: Instant;
  /** Device sessions only: who may use it, and what the member calls the device. */
  readonly device?: { readonly accessTokenHash: string | null; readonly name: string | null };
};

export type SessionTokensDeps = {
  readonly documents: Documents;
  readonly table: string;
  readonly clock: Clock;
  readonly secrets: KeySource;
  readonly sessions: SessionStore;
  /** Values of the refresh index (`refreshPartitions`). */
  readonly refreshPartitions: number;
};

/** Stores what logins made. Each write states when its login was made: a slow one does not undo the next. */
export function loginWrites({ documents, table, clock, secrets, sessions, refreshPartitions }: SessionTokensDeps) {
  const { sealed } = tokenEncryption(secrets);

  /**
   * Stores what a login made, in place of what was there. An existing background session keeps its `createdAt` and any
   * hold; a device session starts anew, and its earlier access token ends.
   *
   * @returns what is stored: a later login's background session, when that was quicker.
   * @throws AppError session-changed when a later login of the same device was quicker.
   */
  async function storeSession(fresh: NewSession): Promise<Session> {
    const { device, ...rest } = fresh;
    const item = {
      ...newItem(rest, clock.now()),
      refreshSlot: refreshSlotOf(fresh, refreshPartitions),
      ...(await sealed(fresh, fresh.token, fresh.cookies)),
    };
    return device ? storeDevice(item, device) : storeNewest(item);
  }

  async function storeDevice(item: NewItem, device: NonNullable<NewSession['device']>): Promise<Session> {
    if (!isDeviceFingerprint(item.fingerprint))
      throw new Error('A device session may not use a background fingerprint.');
    const now = clock.now();
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
    const written = await putIf(documents, {
      TableName: table,
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
    // Written, the answer lost, and refreshed before the SDK sent it again: it is this login's all the same.
    const stored = await sessions.find(item);
    const isMine = stored?.sessionType === 'device' && stored.accessTokenHash === device.accessTokenHash;
    if (!isMine) throw new AppError('session-changed', 'A later login on this device was quicker.');
    return stored;
  }

  /**
   * Stores what a login made without the member in place of a background session that died.
   *
   * @returns undefined when that session was deleted or replaced meanwhile.
   */
  async function replaceDead(dead: BackgroundSession, fresh: NewSession): Promise<Session | undefined> {
    const item = {
      ...newItem(fresh, clock.now()),
      refreshSlot: refreshSlotOf(fresh, refreshPartitions),
      ...(await sealed(fresh, fresh.token, fresh.cookies)),
    };
    return storeBackground(item, 'tokenVersion = :seen', { ':seen': dead.tokenVersion });
  }

  /**
   * Puts a background session into the wheel that is dead, or was never made, so that a kept password heals it there. A live
   * one stays as it is.
   */
  async function scheduleRelogin(key: SessionKey, boxes: readonly Box[]): Promise<void> {
    const now = toIso(clock.now());
    const empty = await sealed(key, '', []);
    await updateIf(documents, {
      TableName: table,
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
        ':slot': refreshSlotOf(key, refreshPartitions),
        ':now': now,
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

  async function storeNewest(item: NewItem): Promise<Session> {
    for (;;) {
      const stored = (await storeBackground(item, NO_LATER_LOGIN)) ?? (await sessions.find(item));
      // Neither: the other one was deleted in between.
      if (stored) return stored;
    }
  }

  /** @returns undefined when the condition does not hold. */
  async function storeBackground(item: NewItem, condition: string, values = {}): Promise<Session | undefined> {
    if (!isBackgroundFingerprint(item.fingerprint))
      throw new Error('A background session needs a background fingerprint.');
    const { email, fingerprint, ...attributes } = item;
    const changes = { ...attributes, sessionType: 'background', protected: true };
    let stored: Session | undefined;
    const write = documents.send(
      new UpdateCommand({
        TableName: table,
        Key: { email, fingerprint },
        UpdateExpression: `SET ${Object.keys(changes)
          .map((name) => `#${name} = :${name}`)
          .join(', ')},
          createdAt = if_not_exists(createdAt, :updatedAt), tokenUpdateCount = if_not_exists(tokenUpdateCount, :zero)
          REMOVE refreshingUntil, lastTokenUpdateError, untold, loginFingerprint`,
        ConditionExpression: `${condition} OR ${ALREADY_APPLIED}`,
        ExpressionAttributeNames: Object.fromEntries(Object.keys(changes).map((name) => [`#${name}`, name])),
        ExpressionAttributeValues: {
          ...Object.fromEntries(Object.entries(changes).map(([name, value]) => [`:${name}`, value])),
          ':zero': 0,
          ...values,
        },
        ReturnValues: 'ALL_NEW',
      }),
    );
    await applied(
      write.then(({ Attributes }) => {
        stored = decodeSession(Attributes);
      }),
    );
    return stored;
  }

  return { storeSession, replaceDead, scheduleRelogin };
}

type NewItem = ReturnType<typeof newItem> & {
  readonly refreshSlot: number;
  readonly token: string;
  readonly cookies: string;
};

/** Of two logins at once the one that was made later is kept, whichever is written last; a dead session gives way to any. */
const NO_LATER_LOGIN = 'attribute_not_exists(loggedInAt) OR loggedInAt < :loggedInAt OR #state <> :state';

const newItem = (
  { email, fingerprint, boxes, loggedInAt }: Pick<NewSession, 'email' | 'fingerprint' | 'boxes' | 'loggedInAt'>,
  now: Instant,
) => ({
  email,
  fingerprint,
  boxes,
  state: 'active',
  tokenVersion: randomUUID(),
  updatedAt: toIso(now),
  lastTokenUpdateAt: toIso(now),
  loggedInAt: toIso(loggedInAt ?? now),
});
