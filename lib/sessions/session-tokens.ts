import { randomUUID } from 'node:crypto';
import { PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import type { AimHarderSession, Box } from '../aimharder/client.ts';
import type { Cookie } from '../aimharder/cookies.ts';
import type { Clock, Instant } from '../platform/clock.ts';
import { type Documents, epochSeconds, held, isoOf } from '../platform/dynamodb.ts';
import { seal, unseal } from '../platform/encryption.ts';
import { AppError } from '../platform/errors.ts';
import type { KeySource } from '../platform/secrets.ts';
import { isBackgroundFingerprint, isDeviceFingerprint } from './fingerprint.ts';
import {
  type BackgroundSession,
  DEVICE_LIFETIME,
  keyOf,
  refreshSlotOf,
  type Session,
  type SessionKey,
} from './session.ts';
import { decodeSession } from './session-item.ts';
import { sessionMarks } from './session-marks.ts';
import type { SessionStore } from './session-store.ts';

export type SessionTokens = ReturnType<typeof sessionTokens>;

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

const Cookies = z.array(z.object({ name: z.string(), value: z.string() }));

/**
 * Writes tokens and cookies, always both in one write, always to one fingerprint, always encrypted.
 * Every write but a login's states the `tokenVersion` it started from: a slow refresh can neither undo a login nor
 * revive an ended session. A login's states when it was made: a slow one does not undo the next.
 */
export function sessionTokens(deps: {
  readonly documents: Documents;
  readonly table: string;
  readonly clock: Clock;
  readonly secrets: KeySource;
  readonly sessions: SessionStore;
  /** Values of the refresh index (`refreshPartitions`). */
  readonly refreshPartitions: number;
}) {
  const { documents, table, clock, secrets, sessions, refreshPartitions } = deps;

  async function sealed(key: SessionKey, token: string, cookies: readonly Cookie[]) {
    const { keys } = await secrets();
    return {
      token: seal(keys, token, [key.email, key.fingerprint, 'token']),
      cookies: seal(keys, JSON.stringify(cookies), [key.email, key.fingerprint, 'cookies']),
    };
  }

  /** Decrypts what AimHarder needs to know the session by. */
  async function open(session: Session): Promise<AimHarderSession> {
    const { email, fingerprint, loginFingerprint, sealedToken, sealedCookies } = session;
    const { keys } = await secrets(sealedToken, sealedCookies);
    const cookies = Cookies.parse(JSON.parse(unseal(keys, sealedCookies, [email, fingerprint, 'cookies'])));
    const token = unseal(keys, sealedToken, [email, fingerprint, 'token']);
    return { fingerprint: loginFingerprint ?? fingerprint, token, cookies };
  }

  /**
   * Stores what a login made, in place of what was there. An existing background session keeps its `createdAt` and any
   * hold; a device session starts anew, and its earlier access token ends.
   *
   * @returns what is stored: a later login's background session, when that was quicker.
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
      createdAt: isoOf(now),
      tokenUpdateCount: 0,
      deviceName: device.name,
      accessTokenHash: device.accessTokenHash,
      expiresAt: epochSeconds(now + DEVICE_LIFETIME),
    };
    await documents.send(new PutCommand({ TableName: table, Item }));
    return decodeSession(Item);
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
        ConditionExpression: `${condition} OR ${MADE_ALREADY}`,
        ExpressionAttributeNames: Object.fromEntries(Object.keys(changes).map((name) => [`#${name}`, name])),
        ExpressionAttributeValues: {
          ...Object.fromEntries(Object.entries(changes).map(([name, value]) => [`:${name}`, value])),
          ':zero': 0,
          ...values,
        },
        ReturnValues: 'ALL_NEW',
      }),
    );
    await held(
      write.then(({ Attributes }) => {
        stored = decodeSession(Attributes);
      }),
    );
    return stored;
  }

  /**
   * Stores the token and cookies that AimHarder gave for `seen`, and ends the caller's turn to refresh. The session lives:
   * whoever found it dead meanwhile had asked with the token before.
   *
   * @returns the session as it is now, or undefined when it is gone or has a newer token.
   */
  async function replaceTokens(
    seen: Session,
    fresh: Pick<AimHarderSession, 'token' | 'cookies'>,
  ): Promise<Session | undefined> {
    const envelope = await sealed(seen, fresh.token, fresh.cookies);
    const now = clock.now();
    const tokenVersion = randomUUID();
    const stored = await held(
      documents.send(
        new UpdateCommand({
          TableName: table,
          Key: keyOf(seen),
          UpdateExpression: `SET #token = :token, cookies = :cookies, tokenVersion = :tokenVersion, #state = :active,
            refreshSlot = if_not_exists(refreshSlot, :slot), updatedAt = :now, lastTokenUpdateAt = :now,
            tokenUpdateCount = :count REMOVE refreshingUntil, lastTokenUpdateError, untold`,
          ConditionExpression: `tokenVersion = :seen OR ${MADE_ALREADY}`,
          ExpressionAttributeNames: { '#token': 'token', '#state': 'state' },
          ExpressionAttributeValues: {
            ':token': envelope.token,
            ':cookies': envelope.cookies,
            ':active': 'active',
            ':slot': refreshSlotOf(seen, refreshPartitions),
            ':tokenVersion': tokenVersion,
            ':seen': seen.tokenVersion,
            ':now': isoOf(now),
            ':count': seen.tokenUpdateCount + 1,
          },
        }),
      ),
    );
    if (!stored) return undefined;
    return {
      ...seen,
      sealedToken: envelope.token,
      sealedCookies: envelope.cookies,
      tokenVersion,
      state: 'active',
      updatedAt: now,
      lastTokenUpdateAt: now,
      tokenUpdateCount: seen.tokenUpdateCount + 1,
      lastTokenUpdateError: null,
      refreshingUntil: null,
    };
  }

  /** The named session, or the background one. @throws AppError session-not-found. */
  async function named(email: string, fingerprint?: string): Promise<Session> {
    const session = await sessions.getSession(email, fingerprint === undefined ? {} : { fingerprint });
    if (!session) throw new AppError('session-not-found', 'There is no such session.');
    return session;
  }

  /** @throws AppError session-not-found, session-changed. */
  async function updateRefreshToken(email: string, token: string, fingerprint?: string): Promise<Session> {
    const session = await named(email, fingerprint);
    const { cookies } = await open(session);
    return changed(await replaceTokens(session, { token, cookies }));
  }

  /** @throws AppError session-not-found, session-changed. */
  async function updateCookies(email: string, cookies: readonly Cookie[], fingerprint?: string): Promise<Session> {
    const session = await named(email, fingerprint);
    const { token } = await open(session);
    return changed(await replaceTokens(session, { token, cookies }));
  }

  return {
    ...sessionMarks(deps),
    open,
    storeSession,
    replaceDead,
    replaceTokens,
    updateRefreshToken,
    updateCookies,
  };
}

/**
 * The SDK sends a write again whose answer was lost: that one's token is there already. It must not be written a second time
 * when somebody has taken its turn since, whose mark the write would remove.
 */
const MADE_ALREADY = 'tokenVersion = :tokenVersion AND attribute_not_exists(refreshingUntil)';

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
  updatedAt: isoOf(now),
  lastTokenUpdateAt: isoOf(now),
  loggedInAt: isoOf(loggedInAt ?? now),
});

function changed(session: Session | undefined): Session {
  if (!session) throw new AppError('session-changed', 'The session was changed meanwhile.');
  return session;
}
