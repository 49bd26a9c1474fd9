import { GetCommand, paginateQuery, paginateScan } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import type { Clock } from '../platform/clock.ts';
import { type Documents, deleteAndReadIf } from '../platform/dynamodb.ts';
import { AppError } from '../platform/errors.ts';
import type { Logger } from '../platform/logger.ts';
import { mapBounded } from '../platform/map-bounded.ts';
import { type Page, type PageRequest, queryPage } from '../platform/paging.ts';
import { decodeReadable, type OnUnreadable } from '../platform/stored-fields.ts';
import { DELETED_IN_PARALLEL, deleteExpiredSessions } from './expired-sessions.ts';
import { getSessionTypeFromFingerprint } from './fingerprint.ts';
import {
  type BackgroundSession,
  type DeviceSession,
  isBackground,
  isExpired,
  type Session,
  type SessionKey,
  type SessionType,
  sessionKey,
} from './session.ts';
import { decodeSession, readKeyAndType, type SessionTable } from './session-record.ts';

export type SessionQuery = { readonly fingerprint?: string; readonly sessionType?: SessionType };
export type SessionDeletion = SessionQuery & {
  readonly confirmProtectedDeletion?: boolean;
  /** The fingerprint of the session that is deleted after all others: with its token the caller can repeat the deletion. */
  readonly last?: string;
};
/** The position of a session in the list of a member's sessions. */
type SessionPosition = Pick<SessionKey, 'fingerprint'>;

const Owner = z.object({ email: z.string() });

/**
 * Reads and deletes sessions. Reads are strongly consistent, and leave out sessions that have ended or expired. A search also
 * leaves out a device session that cannot be decoded, and logs it: otherwise it would keep its member from logging in. Only
 * `SessionTokens` decrypts tokens.
 */
export class SessionStore {
  readonly #documents: Documents;
  readonly #table: string;
  readonly #clock: Clock;
  readonly #logger: Pick<Logger, 'error'>;
  readonly #logUnreadable: OnUnreadable = (error) =>
    this.#logger.error('unexpected-error', error, { during: 'read-sessions' });
  /** Logs the error of a device session. Throws the error of any other item, because it may be the background session. */
  readonly #leaveOutDevice: OnUnreadable = (error, item) => {
    if (readKeyAndType(item)?.sessionType !== 'device') throw error;
    this.#logUnreadable(error, item);
  };

  constructor({ documents, table, clock, logger }: SessionTable & { readonly logger: Pick<Logger, 'error'> }) {
    this.#documents = documents;
    this.#table = table;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Finds a live session. @throws ZodError if the item cannot be decoded. */
  async find(key: SessionKey): Promise<Session | undefined> {
    const item = await this.#getItem(key);
    return item && this.#decodeLive(item);
  }

  /** Finds a live session. An item that cannot be decoded is logged, and counts as no session. */
  async findReadable(key: SessionKey): Promise<Session | undefined> {
    const item = await this.#getItem(key);
    return item && this.#decodeReadable(item);
  }

  /**
   * Finds the session with that fingerprint, or else the first session of that type. With both, the session must also be of that
   * type. Without both, finds the background session.
   */
  async getSession(email: string, query: SessionQuery = {}): Promise<Session | undefined> {
    const { fingerprint, sessionType } = query;
    if (fingerprint === undefined) {
      return sessionType === 'device' ? (await this.getDeviceSessions(email))[0] : this.getBackgroundSession(email);
    }
    const session = await this.find({ email, fingerprint });
    return sessionType === undefined || session?.sessionType === sessionType ? session : undefined;
  }

  /**
   * Finds the member's background session.
   *
   * @throws the error of an item that cannot be decoded if it may be the background session, and there is no other. The session
   *   must not count as deleted, because that would prevent a shot.
   */
  async getBackgroundSession(email: string): Promise<BackgroundSession | undefined> {
    const unreadable: { readonly error: unknown; readonly item: unknown }[] = [];
    const sessions = await this.getAllUserSessions(email, (error, item) => void unreadable.push({ error, item }));
    const found = sessions.find(isBackground);
    const onUnreadable = found ? this.#logUnreadable : this.#leaveOutDevice;
    for (const { error, item } of unreadable) onUnreadable(error, item);
    return found;
  }

  async getDeviceSessions(email: string): Promise<readonly DeviceSession[]> {
    return (await this.getAllUserSessions(email, this.#logUnreadable)).filter(isDevice);
  }

  /**
   * Finds all live sessions of a member.
   *
   * @param onUnreadable gets the error of an item that cannot be decoded; the list leaves that item out. By default, the error of a
   *   device session is logged, and any other error is thrown.
   */
  async getAllUserSessions(
    email: string,
    onUnreadable: OnUnreadable = this.#leaveOutDevice,
  ): Promise<readonly Session[]> {
    const sessions: Session[] = [];
    for await (const { Items = [] } of paginateQuery({ client: this.#documents }, this.#allOf(email)))
      sessions.push(...this.#decodeAllReadable(Items, onUnreadable));
    return sessions;
  }

  /** Lists a page of a member's live sessions, in the order of their fingerprints. */
  listSessions(email: string, page: PageRequest<SessionPosition>): Promise<Page<Session, SessionPosition>> {
    return queryPage(this.#documents, { ...this.#allOf(email), partition: { email } }, page, {
      decode: (item) => this.#decodeReadable(item),
      positionOf: ({ fingerprint }) => ({ fingerprint }),
    });
  }

  /**
   * Finds every live session of every member, page by page. It scans the whole table, so the timing wheel uses its index
   * instead.
   */
  async *getAllActiveSessions(): AsyncGenerator<Session> {
    const pages = paginateScan(
      { client: this.#documents },
      { TableName: this.#table, FilterExpression: 'attribute_exists(sessionType)' },
    );
    for await (const { Items = [] } of pages) yield* this.#decodeAllReadable(Items);
  }

  /** Finds the e-mail of every session, even of an ended one or one that this version cannot decode. Scans the whole table. */
  async *listEmails(): AsyncGenerator<string, undefined> {
    const scan = { TableName: this.#table, FilterExpression: 'attribute_exists(sessionType)' };
    const pages = paginateScan({ client: this.#documents }, { ...scan, ProjectionExpression: 'email' });
    for await (const { Items = [] } of pages) yield* Items.map((item) => Owner.parse(item).email);
    return undefined;
  }

  /**
   * Deletes the member's session with that fingerprint, or else all sessions of that type. With both, deletes nothing if the
   * fingerprint is of another type. Without both, deletes all device sessions.
   *
   * @returns how many live sessions were deleted.
   * @throws AppError session-protected for a background session without `confirmProtectedDeletion`.
   */
  async deleteSession(email: string, deletion: SessionDeletion = {}): Promise<number> {
    const { fingerprint, sessionType, confirmProtectedDeletion = false, last } = deletion;
    if (fingerprint !== undefined) {
      if (sessionType !== undefined && getSessionTypeFromFingerprint(fingerprint) !== sessionType) return 0;
      return (await this.#delete({ email, fingerprint }, confirmProtectedDeletion)) ? 1 : 0;
    }
    const keys = await this.#findKeys(email, sessionType ?? 'device');
    let count = 0;
    const inOrder = [keys.filter((key) => key.fingerprint !== last), keys.filter((key) => key.fingerprint === last)];
    for (const group of inOrder) {
      const deleted = await mapBounded(group, DELETED_IN_PARALLEL, (key) =>
        this.#delete(key, confirmProtectedDeletion),
      );
      count += deleted.filter(Boolean).length;
    }
    return count;
  }

  /** Deletes ended sessions, and device sessions older than 7 days. @returns how many sessions were deleted. */
  cleanupExpiredSessions(signal?: AbortSignal): Promise<number> {
    return deleteExpiredSessions({ documents: this.#documents, table: this.#table }, this.#clock.now(), signal);
  }

  /** Deletes a session. @returns whether it was live. @throws AppError session-protected. */
  async #delete(key: SessionKey, confirmed: boolean): Promise<boolean> {
    const { wasDeleted, item } = await deleteAndReadIf(this.#documents, {
      TableName: this.#table,
      Key: sessionKey(key),
      // The condition accepts an absent item, so that a refusal always means a protected session.
      ...(!confirmed && {
        ConditionExpression: 'attribute_not_exists(email) OR protected = :no',
        ExpressionAttributeValues: { ':no': false },
      }),
    });
    if (!wasDeleted)
      throw new AppError('session-protected', 'A background session is deleted only with confirmProtectedDeletion.');
    // The SDK has sent the deletion again, so the first sending has most likely deleted a live session.
    if (item === 'unknown') return true;
    return item !== undefined && this.#wasLive(item);
  }

  async #getItem(key: SessionKey) {
    const get = new GetCommand({ TableName: this.#table, Key: sessionKey(key), ConsistentRead: true });
    return (await this.#documents.send(get)).Item;
  }

  #allOf(email: string) {
    return {
      TableName: this.#table,
      KeyConditionExpression: 'email = :email',
      ExpressionAttributeValues: { ':email': email },
      ConsistentRead: true,
    };
  }

  #decodeLive(item: unknown): Session | undefined {
    const session = decodeSession(item);
    return isExpired(session, this.#clock.now()) ? undefined : session;
  }

  #decodeReadable(item: unknown, onUnreadable: OnUnreadable = this.#logUnreadable): Session | undefined {
    return decodeReadable(item, (one) => this.#decodeLive(one), onUnreadable);
  }

  #decodeAllReadable(items: readonly unknown[], onUnreadable?: OnUnreadable): readonly Session[] {
    return items.flatMap((item) => this.#decodeReadable(item, onUnreadable) ?? []);
  }

  /** Checks whether a deleted item was a live session. An item that cannot be decoded counts as live. */
  #wasLive(item: unknown): boolean {
    return decodeReadable(item, (one) => this.#decodeLive(one) !== undefined, this.#logUnreadable) ?? true;
  }

  /** Finds the keys of a member's live sessions of one type, and of items of that type that cannot be decoded. */
  async #findKeys(email: string, sessionType: SessionType): Promise<readonly SessionKey[]> {
    const unreadable: unknown[] = [];
    const sessions = await this.getAllUserSessions(email, (error, item) => {
      this.#logUnreadable(error, item);
      unreadable.push(item);
    });
    const named = unreadable.map(readKeyAndType).filter((session) => session !== undefined);
    return [...sessions, ...named].filter((session) => session.sessionType === sessionType);
  }
}

const isDevice = (session: Session): session is DeviceSession => session.sessionType === 'device';
