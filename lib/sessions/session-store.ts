import { GetCommand, paginateQuery, paginateScan } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { type Clock, HOUR, type Instant } from '../platform/clock.ts';
import { type Documents, deleteAndReadIf, deleteIf, toIso } from '../platform/dynamodb.ts';
import { AppError } from '../platform/errors.ts';
import { mapBounded } from '../platform/map-bounded.ts';
import { type Page, type PageRequest, queryPage } from '../platform/paging.ts';
import { decodeReadable, throwUnreadable } from '../platform/stored-fields.ts';
import { getSessionTypeFromFingerprint } from './fingerprint.ts';
import {
  type BackgroundSession,
  DEVICE_LIFETIME,
  type DeviceSession,
  isBackground,
  isExpired,
  type Session,
  type SessionKey,
  type SessionType,
  sessionKey,
} from './session.ts';
import { decodeSession, type SessionTable } from './session-record.ts';

export type SessionQuery = { readonly fingerprint?: string; readonly sessionType?: SessionType };
export type SessionDeletion = SessionQuery & {
  readonly confirmProtectedDeletion?: boolean;
  /** The fingerprint of the session that is deleted after all others: with its token the caller can repeat the deletion. */
  readonly last?: string;
};
/** The position of a session in the list of a member's sessions. */
type SessionPosition = Pick<SessionKey, 'fingerprint'>;

/** The number of segments into which the clean-up divides its scan of the table. */
const SEGMENTS = 8;

/** How many sessions are deleted at the same time. */
const DELETED_AT_ONCE = 10;

const Owner = z.object({ email: z.string() });

/** The condition that a session has ended, or is a device session that was created before `:before`. */
const IS_OVER = '#state = :ended OR (sessionType = :device AND createdAt < :before)';

/**
 * Reads and deletes sessions. Reads are strongly consistent, and leave out sessions that have ended or expired. Only
 * `SessionTokens` decrypts tokens.
 */
export class SessionStore {
  readonly #documents: Documents;
  readonly #table: string;
  readonly #clock: Clock;

  constructor({ documents, table, clock }: SessionTable) {
    this.#documents = documents;
    this.#table = table;
    this.#clock = clock;
  }

  async find(key: SessionKey): Promise<Session | undefined> {
    const { Item } = await this.#documents.send(
      new GetCommand({ TableName: this.#table, Key: sessionKey(key), ConsistentRead: true }),
    );
    return Item && this.#decodeLive(Item);
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

  async getBackgroundSession(email: string): Promise<BackgroundSession | undefined> {
    return (await this.getAllUserSessions(email)).find(isBackground);
  }

  async getDeviceSessions(email: string): Promise<readonly DeviceSession[]> {
    return (await this.getAllUserSessions(email)).filter(isDevice);
  }

  /**
   * Finds all live sessions of a member.
   *
   * @param onUnreadable gets the error of an item that cannot be decoded; the list leaves that item out. By default, the error is
   *   thrown.
   */
  async getAllUserSessions(email: string, onUnreadable = throwUnreadable): Promise<readonly Session[]> {
    const sessions: Session[] = [];
    for await (const { Items = [] } of paginateQuery({ client: this.#documents }, this.#allOf(email)))
      sessions.push(...this.#decodeAllLive(Items, onUnreadable));
    return sessions;
  }

  /** Lists a page of a member's live sessions, in the order of their fingerprints. */
  listSessions(email: string, page: PageRequest<SessionPosition>): Promise<Page<Session, SessionPosition>> {
    return queryPage(this.#documents, { ...this.#allOf(email), partition: { email } }, page, {
      decode: (item) => this.#decodeLive(item),
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
    for await (const { Items = [] } of pages) yield* this.#decodeAllLive(Items);
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
    const wanted = sessionType ?? 'device';
    const sessions = (await this.getAllUserSessions(email)).filter((session) => session.sessionType === wanted);
    let count = 0;
    const inOrder = [
      sessions.filter((session) => session.fingerprint !== last),
      sessions.filter((session) => session.fingerprint === last),
    ];
    for (const group of inOrder) {
      const deleted = await mapBounded(group, DELETED_AT_ONCE, (session) =>
        this.#delete(session, confirmProtectedDeletion),
      );
      count += deleted.filter(Boolean).length;
    }
    return count;
  }

  /**
   * Deletes ended sessions, and device sessions older than 7 days, until the signal aborts. Runs of different hours begin
   * with different segments, so that every segment is reached even if no run has time for all.
   *
   * @returns how many sessions were deleted.
   */
  async cleanupExpiredSessions(signal?: AbortSignal): Promise<number> {
    const now = this.#clock.now();
    const before = now - DEVICE_LIFETIME;
    const first = Math.floor(now / HOUR);
    let deleted = 0;
    for (let offset = 0; offset < SEGMENTS; offset += 1) {
      for await (const keys of this.#findOver((first + offset) % SEGMENTS, before)) {
        if (signal?.aborted) return deleted;
        const results = await mapBounded(keys, DELETED_AT_ONCE, (key) => this.#deleteIfOver(key, before));
        deleted += results.filter(Boolean).length;
      }
    }
    return deleted;
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
    return item !== undefined && this.#decodeLive(item) !== undefined;
  }

  /** Finds the keys of ended and expired sessions in one segment of the table, page by page. */
  async *#findOver(segment: number, before: Instant): AsyncGenerator<readonly SessionKey[]> {
    const pages = paginateScan(
      { client: this.#documents },
      {
        TableName: this.#table,
        FilterExpression: IS_OVER,
        ...valuesOfIsOver(before),
        ProjectionExpression: 'email, fingerprint',
        Segment: segment,
        TotalSegments: SEGMENTS,
      },
    );
    for await (const { Items = [] } of pages) yield Items.map(({ email, fingerprint }) => ({ email, fingerprint }));
  }

  /** Deletes a session unless a login has renewed it since it was read. */
  #deleteIfOver(key: SessionKey, before: Instant): Promise<boolean> {
    return deleteIf(this.#documents, {
      TableName: this.#table,
      Key: sessionKey(key),
      ConditionExpression: IS_OVER,
      ...valuesOfIsOver(before),
    });
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

  #decodeAllLive(items: readonly unknown[], onUnreadable = throwUnreadable): readonly Session[] {
    const decodeLive = (item: unknown) => this.#decodeLive(item);
    return items.flatMap((item) => decodeReadable(item, decodeLive, onUnreadable) ?? []);
  }
}

const valuesOfIsOver = (before: Instant) => ({
  ExpressionAttributeNames: { '#state': 'state' },
  ExpressionAttributeValues: { ':ended': 'ended', ':device': 'device', ':before': toIso(before) },
});

const isDevice = (session: Session): session is DeviceSession => session.sessionType === 'device';
