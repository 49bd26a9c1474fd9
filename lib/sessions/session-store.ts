import { DeleteCommand, GetCommand, paginateQuery, paginateScan } from '@aws-sdk/lib-dynamodb';
import { type Clock, HOUR, type Instant } from '../platform/clock.ts';
import { applied, type Documents, deleteIf, toIso } from '../platform/dynamodb.ts';
import { AppError } from '../platform/errors.ts';
import { type Page, type PageRequest, queryPage } from '../platform/paging.ts';
import { isBackgroundFingerprint } from './fingerprint.ts';
import {
  type BackgroundSession,
  DEVICE_LIFETIME,
  type DeviceSession,
  isBackground,
  isExpired,
  type Session,
  type SessionKey,
  type SessionType,
} from './session.ts';
import { decodeSession } from './session-record.ts';

export type SessionQuery = { readonly fingerprint?: string; readonly sessionType?: SessionType };
export type SessionDeletion = SessionQuery & { readonly confirmProtectedDeletion?: boolean };
/** A session's place in the list of its member's. */
type SessionPosition = Pick<SessionKey, 'fingerprint'>;
export type SessionStore = ReturnType<typeof sessionStore>;

/**
 * Reads and ends sessions (table: PK `email`, SK `fingerprint`). It neither sees nor writes tokens: session-tokens.ts does.
 * Reads are strongly consistent, and leave out what has ended or expired.
 */
export function sessionStore({
  documents,
  table,
  clock,
}: {
  readonly documents: Documents;
  readonly table: string;
  readonly clock: Clock;
}) {
  async function find(key: SessionKey): Promise<Session | undefined> {
    const { email, fingerprint } = key;
    const { Item } = await documents.send(
      new GetCommand({ TableName: table, Key: { email, fingerprint }, ConsistentRead: true }),
    );
    const session = Item && decodeSession(Item);
    return session && !isExpired(session, clock.now()) ? session : undefined;
  }

  const all = (email: string) => ({
    TableName: table,
    KeyConditionExpression: 'email = :email',
    ExpressionAttributeValues: { ':email': email },
    ConsistentRead: true,
  });

  /** All of a member's live sessions. A member has few: they fit in one page, but no page is left out. */
  async function getAllUserSessions(email: string): Promise<readonly Session[]> {
    const sessions: Session[] = [];
    for await (const { Items = [] } of paginateQuery({ client: documents }, all(email)))
      sessions.push(...Items.map(decodeSession));
    const now = clock.now();
    return sessions.filter((session) => !isExpired(session, now));
  }

  /** A page of a member's live sessions, by fingerprint. */
  const listSessions = (email: string, page: PageRequest<SessionPosition>): Promise<Page<Session, SessionPosition>> =>
    queryPage(documents, { ...all(email), partition: { email } }, page, {
      decode(item) {
        const session = decodeSession(item);
        return isExpired(session, clock.now()) ? undefined : session;
      },
      positionOf: ({ fingerprint }) => ({ fingerprint }),
    });

  async function getBackgroundSession(email: string): Promise<BackgroundSession | undefined> {
    return (await getAllUserSessions(email)).find(isBackground);
  }

  async function getDeviceSessions(email: string): Promise<readonly DeviceSession[]> {
    return (await getAllUserSessions(email)).filter(isDevice);
  }

  /** One session: the one with that fingerprint, or the first of that type; the background session when neither is named. */
  async function getSession(email: string, query: SessionQuery = {}): Promise<Session | undefined> {
    const { fingerprint, sessionType } = query;
    if (fingerprint === undefined) {
      return sessionType === 'device' ? (await getDeviceSessions(email))[0] : getBackgroundSession(email);
    }
    const session = await find({ email, fingerprint });
    return sessionType === undefined || session?.sessionType === sessionType ? session : undefined;
  }

  /**
   * Deletes one item. An absent item meets the condition, so a failed condition means just one thing.
   *
   * @returns whether there was something to delete.
   * @throws AppError session-protected.
   */
  async function remove(key: SessionKey, confirmed: boolean): Promise<boolean> {
    let existed = false;
    const deletion = documents.send(
      new DeleteCommand({
        TableName: table,
        Key: { email: key.email, fingerprint: key.fingerprint },
        ReturnValues: 'ALL_OLD',
        ...(!confirmed && {
          ConditionExpression: 'attribute_not_exists(email) OR protected = :no',
          ExpressionAttributeValues: { ':no': false },
        }),
      }),
    );
    const deleted = await applied(
      deletion.then(({ Attributes }) => {
        existed = Attributes !== undefined && !isExpired(decodeSession(Attributes), clock.now());
      }),
    );
    if (!deleted)
      throw new AppError('session-protected', 'A background session is deleted only with confirmProtectedDeletion.');
    return existed;
  }

  /**
   * Deletes a member's sessions: device sessions only, unless something else is named.
   *
   * @returns how many there were.
   * @throws AppError session-protected for a background session without `confirmProtectedDeletion`.
   */
  async function deleteSession(email: string, deletion: SessionDeletion = {}): Promise<number> {
    const { fingerprint, sessionType, confirmProtectedDeletion = false } = deletion;
    if (fingerprint !== undefined) {
      if (sessionType !== undefined && typeOf(fingerprint) !== sessionType) return 0;
      return (await remove({ email, fingerprint }, confirmProtectedDeletion)) ? 1 : 0;
    }
    const wanted = sessionType ?? 'device';
    const sessions = (await getAllUserSessions(email)).filter((session) => session.sessionType === wanted);
    const ended = await Promise.all(sessions.map((session) => remove(session, confirmProtectedDeletion)));
    return ended.filter(Boolean).length;
  }

  /**
   * Every live session of every member, page by page: background ones always, device ones within 7 days of their login.
   * Reads the whole table; the refresh goes by its index instead.
   */
  async function* getAllActiveSessions(): AsyncGenerator<Session> {
    for await (const { Items = [] } of paginateScan(
      { client: documents },
      { TableName: table, FilterExpression: 'attribute_exists(sessionType)' },
    )) {
      const now = clock.now();
      yield* Items.map(decodeSession).filter((session) => !isExpired(session, now));
    }
  }

  /**
   * Deletes sessions that were ended, and device sessions whose 7 days are over, until the signal aborts. Each hour begins
   * with another part of the table, so that none is left for ever when time is too short for all.
   *
   * @returns how many.
   */
  async function cleanupExpiredSessions(signal?: AbortSignal): Promise<number> {
    const now = clock.now();
    const before = now - DEVICE_LIFETIME;
    let ended = 0;
    for (let part = 0; part < SCAN_PARTS; part += 1) {
      const pages = paginateScan(
        { client: documents },
        {
          TableName: table,
          FilterExpression: OVER,
          ...over(before),
          ProjectionExpression: 'email, fingerprint',
          Segment: (Math.floor(now / HOUR) + part) % SCAN_PARTS,
          TotalSegments: SCAN_PARTS,
        },
      );
      for await (const { Items = [] } of pages) {
        if (signal?.aborted) return ended;
        const results = await Promise.all(
          Items.map(({ email, fingerprint }) => removeExpired({ email, fingerprint }, before)),
        );
        ended += results.filter(Boolean).length;
      }
    }
    return ended;
  }

  /** The condition spares a session that was renewed by a login since it was read. */
  const removeExpired = ({ email, fingerprint }: SessionKey, before: Instant): Promise<boolean> =>
    deleteIf(documents, {
      TableName: table,
      Key: { email, fingerprint },
      ConditionExpression: OVER,
      ...over(before),
    });

  return {
    find,
    getSession,
    getBackgroundSession,
    getDeviceSessions,
    getAllUserSessions,
    listSessions,
    deleteSession,
    getAllActiveSessions,
    cleanupExpiredSessions,
  };
}

/** Parts that the table is read in by the clean-up. */
const SCAN_PARTS = 8;

const OVER = '#state = :ended OR (sessionType = :device AND createdAt < :before)';
const over = (before: Instant) => ({
  ExpressionAttributeNames: { '#state': 'state' },
  ExpressionAttributeValues: { ':ended': 'ended', ':device': 'device', ':before': toIso(before) },
});

const isDevice = (session: Session): session is DeviceSession => session.sessionType === 'device';
const typeOf = (fingerprint: string): SessionType => (isBackgroundFingerprint(fingerprint) ? 'background' : 'device');
